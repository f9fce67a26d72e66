"""What a worker process does with a message: reads an archived page, or learns a site's profile from several."""

import msgspec

from pipelines.learn import LearnJob, learn_archived
from pipelines.reader import ReadJob, read_archived

_decoder = msgspec.msgpack.Decoder(ReadJob | LearnJob)


def work(message: bytes) -> bytes:
    """Do one job, and give its result, both as msgpack. The task of `pipelines.pool.WorkerPool`."""
    job = _decoder.decode(message)
    return read_archived(job) if isinstance(job, ReadJob) else learn_archived(job)
