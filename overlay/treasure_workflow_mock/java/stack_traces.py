"""The stack traces in the errors of tasks that failed unexpectedly: the service's own frames, as it joins them.

Recorded for expressions, which all fail at the same place. Other failures get the part that all traces share.
"""

from __future__ import annotations

_TIMED = [
    "io.digdag.server.metrics.DigdagTimedMethodInterceptor.invokeMain(DigdagTimedMethodInterceptor.java:58)",
    "io.digdag.server.metrics.DigdagTimedMethodInterceptor.invoke(DigdagTimedMethodInterceptor.java:31)",
]
_AGENT = "io.digdag.core.agent."
_CONCURRENT = "java.base/java.util.concurrent."
_RUN = [
    f"{_AGENT}OperatorManager.lambda$runWithHeartbeat$2(OperatorManager.java:152)",
    f"{_AGENT}ExtractArchiveWorkspaceManager.withExtractedArchive(ExtractArchiveWorkspaceManager.java:75)",
    f"{_AGENT}OperatorManager.runWithHeartbeat(OperatorManager.java:150)",
    *_TIMED,
    f"{_AGENT}OperatorManager.run(OperatorManager.java:133)",
    *_TIMED,
    f"{_AGENT}MultiThreadAgent.lambda$run$0(MultiThreadAgent.java:138)",
    f"{_CONCURRENT}Executors$RunnableAdapter.call(Executors.java:539)",
    f"{_CONCURRENT}FutureTask.run(FutureTask.java:264)",
    f"{_CONCURRENT}ThreadPoolExecutor.runWorker(ThreadPoolExecutor.java:1136)",
    f"{_CONCURRENT}ThreadPoolExecutor$Worker.run(ThreadPoolExecutor.java:635)",
    "java.base/java.lang.Thread.run(Thread.java:840)",
]
_EVALUATION = [
    f"{_AGENT}OperatorManager.evalConfig(OperatorManager.java:229)",
    *_TIMED,
    f"{_AGENT}OperatorManager.runWithWorkspace(OperatorManager.java:240)",
    *_TIMED,
]

RUNNING = ", ".join(_RUN)
EVALUATING = ", ".join(_EVALUATION + _RUN)
