"""What all tests share: no deadline for a single case."""

from hypothesis import settings

# A case that takes long on a busy machine is no defect. On CI the parent profile makes the cases the same each time.
settings.register_profile("without deadline", settings.get_profile(settings.get_current_profile_name()), deadline=None)
settings.load_profile("without deadline")
