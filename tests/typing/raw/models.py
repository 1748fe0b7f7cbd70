"""What type checkers make of every field of every model. It is checked and never run."""

from __future__ import annotations

import datetime
from typing import Any, assert_type
from uuid import UUID

from treasure_workflow_api import models
from treasure_workflow_api.types import Unset


def of_attempt(model: models.Attempt) -> None:
    assert_type(model.cancel_requested, bool)
    assert_type(model.created_at, datetime.datetime)
    assert_type(model.done, bool)
    assert_type(model.id, str)
    assert_type(model.params, models.AttemptParams)
    assert_type(model.success, bool)
    assert_type(model.finished_at, datetime.datetime | None)
    assert_type(model.pool_id, str | None)
    assert_type(model.retry_attempt_name, str | None)
    assert_type(model.status, models.AttemptStatus | str | None)


def of_name_optional_id(model: models.NameOptionalId) -> None:
    assert_type(model.name, str)
    assert_type(model.id, str | None)


def of_project_reference(model: models.ProjectReference) -> None:
    assert_type(model.id, str)
    assert_type(model.name, str)


def of_rest_error(model: models.RestError) -> None:
    assert_type(model.message, str | None)
    assert_type(model.status, int)


def of_rest_log_file_handle(model: models.RestLogFileHandle) -> None:
    assert_type(model.agent_id, str)
    assert_type(model.direct, str | None)
    assert_type(model.file_name, str)
    assert_type(model.file_size, int)
    assert_type(model.file_time, datetime.datetime)
    assert_type(model.task_name, str)
    assert_type(model.file_timestamp, datetime.datetime | None)


def of_rest_log_file_handle_collection(model: models.RestLogFileHandleCollection) -> None:
    assert_type(model.files, list[models.RestLogFileHandle] | None)


def of_rest_pagination(model: models.RestPagination) -> None:
    assert_type(model.next_page, str | None)


def of_rest_pool(model: models.RestPool) -> None:
    assert_type(model.concurrency_limit, int)
    assert_type(model.default, bool)
    assert_type(model.id, str)
    assert_type(model.name, str)


def of_rest_pool_collection(model: models.RestPoolCollection) -> None:
    assert_type(model.pools, list[models.RestPool])


def of_rest_pool_create_request(model: models.RestPoolCreateRequest) -> None:
    assert_type(model.concurrency_limit, int)
    assert_type(model.name, str)


def of_rest_pool_rule(model: models.RestPoolRule) -> None:
    assert_type(
        model.conditions,
        list[
            models.RestPoolRuleInvocationTypeCondition
            | models.RestPoolRuleProjectNameCondition
            | models.RestPoolRuleWorkflowNameCondition
            | models.RestPoolRuleWorkflowTypeCondition
            | dict[str, Any]
        ],
    )
    assert_type(model.id, str)
    assert_type(model.pool_id, str)
    assert_type(model.priority, int)


def of_rest_pool_rule_collection(model: models.RestPoolRuleCollection) -> None:
    assert_type(model.pool_rules, list[models.RestPoolRule])


def of_rest_pool_rule_create_request(model: models.RestPoolRuleCreateRequest) -> None:
    assert_type(
        model.conditions,
        list[
            models.RestPoolRuleInvocationTypeCondition
            | models.RestPoolRuleProjectNameCondition
            | models.RestPoolRuleWorkflowNameCondition
            | models.RestPoolRuleWorkflowTypeCondition
            | dict[str, Any]
        ],
    )
    assert_type(model.pool_id, str)
    assert_type(model.priority, int)


def of_rest_pool_rule_invocation_type_condition(model: models.RestPoolRuleInvocationTypeCondition) -> None:
    assert_type(model.values, list[models.RestPoolRuleInvocationTypeConditionValuesItem | str])
    assert_type(model.type_, models.RestPoolRuleInvocationTypeConditionType)


def of_rest_pool_rule_project_name_condition(model: models.RestPoolRuleProjectNameCondition) -> None:
    assert_type(model.values, list[str])
    assert_type(model.operator, models.RestPoolRuleProjectNameConditionOperator)
    assert_type(model.type_, models.RestPoolRuleProjectNameConditionType)


def of_rest_pool_rule_update_request(model: models.RestPoolRuleUpdateRequest) -> None:
    assert_type(
        model.conditions,
        list[
            models.RestPoolRuleInvocationTypeCondition
            | models.RestPoolRuleProjectNameCondition
            | models.RestPoolRuleWorkflowNameCondition
            | models.RestPoolRuleWorkflowTypeCondition
            | dict[str, Any]
        ]
        | Unset,
    )
    assert_type(model.pool_id, str | Unset)
    assert_type(model.priority, int | Unset)


def of_rest_pool_rule_workflow_name_condition(model: models.RestPoolRuleWorkflowNameCondition) -> None:
    assert_type(model.values, list[str])
    assert_type(model.operator, models.RestPoolRuleWorkflowNameConditionOperator)
    assert_type(model.type_, models.RestPoolRuleWorkflowNameConditionType)


def of_rest_pool_rule_workflow_type_condition(model: models.RestPoolRuleWorkflowTypeCondition) -> None:
    assert_type(model.values, list[models.RestPoolRuleWorkflowTypeConditionValuesItem | str])
    assert_type(model.type_, models.RestPoolRuleWorkflowTypeConditionType)


def of_rest_pool_update_request(model: models.RestPoolUpdateRequest) -> None:
    assert_type(model.concurrency_limit, int | Unset)
    assert_type(model.name, str | Unset)


def of_rest_project(model: models.RestProject) -> None:
    assert_type(model.archive_type, str)
    assert_type(model.created_at, datetime.datetime)
    assert_type(model.id, str)
    assert_type(model.name, str)
    assert_type(model.revision, str)
    assert_type(model.updated_at, datetime.datetime)
    assert_type(model.archive_md5, str | None)
    assert_type(model.deleted_at, datetime.datetime | None)
    assert_type(model.metadata, list[models.RestProjectMetadata] | None)


def of_rest_project_collection(model: models.RestProjectCollection) -> None:
    assert_type(model.projects, list[models.RestProject] | None)


def of_rest_project_metadata(model: models.RestProjectMetadata) -> None:
    assert_type(model.key, str | None)
    assert_type(model.value, str | None)


def of_rest_revision(model: models.RestRevision) -> None:
    assert_type(model.archive_type, str)
    assert_type(model.revision, str)
    assert_type(model.archive_md5, str | None)
    assert_type(model.created_at, datetime.datetime | None)
    assert_type(model.user_info, models.RestRevisionUserInfo | None)


def of_rest_revision_collection(model: models.RestRevisionCollection) -> None:
    assert_type(model.pagination, models.RestPagination | None)
    assert_type(model.revisions, list[models.RestRevision] | None)


def of_rest_schedule(model: models.RestSchedule) -> None:
    assert_type(model.id, str)
    assert_type(model.next_run_time, datetime.datetime)
    assert_type(model.next_schedule_time, datetime.datetime)
    assert_type(model.project, models.ProjectReference)
    assert_type(model.workflow, models.WorkflowReference)
    assert_type(model.disabled_at, datetime.datetime | None)


def of_rest_schedule_attempt_collection(model: models.RestScheduleAttemptCollection) -> None:
    assert_type(model.attempts, list[models.RestSessionAttempt])
    assert_type(model.id, str)
    assert_type(model.project, models.ProjectReference)
    assert_type(model.workflow, models.WorkflowReference)


def of_rest_schedule_backfill_request(model: models.RestScheduleBackfillRequest) -> None:
    assert_type(model.dry_run, bool)
    assert_type(model.advance_schedule, bool | Unset)
    assert_type(model.attempt_name, str | Unset)
    assert_type(model.count, int | Unset)
    assert_type(model.from_time, datetime.datetime | Unset)
    assert_type(model.skip_existing, bool | Unset)


def of_rest_schedule_collection(model: models.RestScheduleCollection) -> None:
    assert_type(model.schedules, list[models.RestSchedule] | None)


def of_rest_schedule_enable_request(model: models.RestScheduleEnableRequest) -> None:
    assert_type(model.next_time, str | Unset)
    assert_type(model.skip_schedule, bool | Unset)


def of_rest_schedule_skip_request(model: models.RestScheduleSkipRequest) -> None:
    assert_type(model.dry_run, bool)
    assert_type(model.count, int | Unset)
    assert_type(model.from_time, datetime.datetime | Unset)
    assert_type(model.next_run_time, datetime.datetime | Unset)
    assert_type(model.next_time, str | Unset)


def of_rest_schedule_summary(model: models.RestScheduleSummary) -> None:
    assert_type(model.created_at, datetime.datetime)
    assert_type(model.id, str)
    assert_type(model.next_run_time, datetime.datetime)
    assert_type(model.next_schedule_time, datetime.datetime)
    assert_type(model.project, models.ProjectReference)
    assert_type(model.updated_at, datetime.datetime)
    assert_type(model.workflow, models.WorkflowReference)
    assert_type(model.disabled_at, datetime.datetime | None)


def of_rest_secret_list(model: models.RestSecretList) -> None:
    assert_type(model.secrets, list[models.RestSecretMetadata])


def of_rest_secret_metadata(model: models.RestSecretMetadata) -> None:
    assert_type(model.key, str)


def of_rest_session(model: models.RestSession) -> None:
    assert_type(model.id, str)
    assert_type(model.project, models.ProjectReference)
    assert_type(model.session_time, datetime.datetime)
    assert_type(model.workflow, models.NameOptionalId)
    assert_type(model.last_attempt, models.Attempt | None)
    assert_type(model.session_uuid, UUID | None)


def of_rest_session_attempt(model: models.RestSessionAttempt) -> None:
    assert_type(model.cancel_requested, bool)
    assert_type(model.created_at, datetime.datetime)
    assert_type(model.done, bool)
    assert_type(model.id, str)
    assert_type(model.index, int)
    assert_type(model.params, models.RestSessionAttemptParams)
    assert_type(model.project, models.ProjectReference)
    assert_type(model.retry_attempt_name, str | None)
    assert_type(model.session_id, str)
    assert_type(model.session_time, datetime.datetime)
    assert_type(model.session_uuid, UUID)
    assert_type(model.status, models.RestSessionAttemptStatus | str)
    assert_type(model.success, bool)
    assert_type(model.workflow, models.NameOptionalId)
    assert_type(model.finished_at, datetime.datetime | None)
    assert_type(model.pool_id, str | None)


def of_rest_session_attempt_collection(model: models.RestSessionAttemptCollection) -> None:
    assert_type(model.attempts, list[models.RestSessionAttempt] | None)


def of_rest_session_attempt_request(model: models.RestSessionAttemptRequest) -> None:
    assert_type(model.params, models.RestSessionAttemptRequestParams)
    assert_type(model.session_time, datetime.datetime)
    assert_type(model.allow_queueing, bool | Unset)
    assert_type(model.project_name, str | Unset)
    assert_type(model.resume, models.ResumeFailed | models.ResumeFrom | dict[str, Any] | Unset)
    assert_type(model.retry_attempt_name, str | Unset)
    assert_type(model.workflow_id, str | Unset)
    assert_type(model.workflow_name, str | Unset)


def of_rest_session_collection(model: models.RestSessionCollection) -> None:
    assert_type(model.sessions, list[models.RestSession] | None)


def of_rest_set_secret_request(model: models.RestSetSecretRequest) -> None:
    assert_type(model.value, str)


def of_rest_task(model: models.RestTask) -> None:
    assert_type(model.cancel_requested, bool)
    assert_type(model.config, models.RestTaskConfig)
    assert_type(model.error, models.RestTaskError)
    assert_type(model.export_params, models.RestTaskExportParams)
    assert_type(model.full_name, str)
    assert_type(model.id, str)
    assert_type(model.state, str)
    assert_type(model.state_params, models.RestTaskStateParams)
    assert_type(model.store_params, models.RestTaskStoreParams)
    assert_type(model.updated_at, datetime.datetime)
    assert_type(model.upstreams, list[str])
    assert_type(model.is_group, bool)
    assert_type(model.parent_id, str | None)
    assert_type(model.retry_at, datetime.datetime | None)
    assert_type(model.started_at, datetime.datetime | None)


def of_rest_task_collection(model: models.RestTaskCollection) -> None:
    assert_type(model.tasks, list[models.RestTask] | None)


def of_rest_workflow_definition(model: models.RestWorkflowDefinition) -> None:
    assert_type(model.id, str)
    assert_type(model.name, str)
    assert_type(model.project, models.ProjectReference)
    assert_type(model.revision, str)
    assert_type(model.timezone, str)
    assert_type(model.config, models.RestWorkflowDefinitionConfig | None)


def of_rest_workflow_definition_collection(model: models.RestWorkflowDefinitionCollection) -> None:
    assert_type(model.workflows, list[models.RestWorkflowDefinition] | None)


def of_rest_workflow_session_time(model: models.RestWorkflowSessionTime) -> None:
    assert_type(model.project, models.ProjectReference)
    assert_type(model.revision, str)
    assert_type(model.session_time, datetime.datetime)
    assert_type(model.timezone, str)


def of_resume_failed(model: models.ResumeFailed) -> None:
    assert_type(model.attempt_id, str)
    assert_type(model.mode, models.ResumeFailedMode)


def of_resume_from(model: models.ResumeFrom) -> None:
    assert_type(model.attempt_id, str)
    assert_type(model.from_, str)
    assert_type(model.mode, models.ResumeFromMode)


def of_workflow_reference(model: models.WorkflowReference) -> None:
    assert_type(model.id, str)
    assert_type(model.name, str)
