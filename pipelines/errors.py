"""Every error a pipeline raises. The message is the one line a user sees: what, where, what to do.

PipelineError
├── PayloadUnreadable    a payload cannot be turned into text: unknown or broken content coding
│   └── PayloadTooLarge  decoded, it would exceed the bound
├── PublisherInvalid     a publisher's rules cannot be used: the message names file, key, value and remedy
└── WorkerError          a job of a worker pool did not come back with a result
    ├── WorkerTimeout    it took longer than allowed; its worker was stopped
    ├── WorkerDied       its worker ended: killed, out of memory, or crashed
    ├── WorkerFailed     the task raised; the message is its own, or names an exception that nobody foresaw
    └── PoolClosed       the pool takes no more jobs
"""


class PipelineError(Exception):
    """Root of the errors of package `pipelines`."""

    exit_status = 1


class PayloadUnreadable(PipelineError):
    """A payload cannot be turned into text."""


class PayloadTooLarge(PayloadUnreadable):
    """A payload is, or would become when decoded, larger than the bound."""


class PublisherInvalid(PipelineError):
    """A file of publisher rules cannot be used."""


class WorkerError(PipelineError):
    """A job did not come back with a result."""


class WorkerTimeout(WorkerError):
    """A job took longer than allowed; its worker was stopped and replaced."""


class WorkerDied(WorkerError):
    """A worker ended in the middle of a job, and was replaced."""


class WorkerFailed(WorkerError):
    """The task raised an exception; its worker lives on."""


class PoolClosed(WorkerError):
    """The pool was closed and takes no more jobs."""
