"""Can the live sources be reached right now? One small question to each, all at once."""

from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass

from pipelines.ingest.parts import SOURCES
from pipelines.settings.settings import Settings
from pipelines.sources.errors import SourceError
from pipelines.sources.http.net import Net
from pipelines.sources.source import Question

DEADLINE_S = 10.0
QUICK = {"tries": 1, "tries_unreachable": 1, "timeout_s": 8.0, "connect_s": 5.0, "max_wait_s": 1.0}


@dataclass(frozen=True)
class Answer:
    """A source, whether it answers, and what it said or why it did not. `stored_as` is its name in the warehouse."""

    name: str
    ok: bool
    detail: str
    stored_as: str


def ping(settings: Settings) -> list[Answer]:
    """Every live source of the profile, in its order; ends within DEADLINE_S whatever the network does."""
    with closing(Net(settings.network.model_copy(update=QUICK))) as net:
        questions = [question for source in SOURCES for question in source.questions(settings, net)]
        if not questions:
            return []
        pool = ThreadPoolExecutor(max_workers=len(questions), thread_name_prefix="tapewire-ping")
        asked = [pool.submit(q.ask) for q in questions]
        wait(asked, timeout=DEADLINE_S)
        answers = [_answer(q, f) for q, f in zip(questions, asked, strict=True)]
        pool.shutdown(wait=False, cancel_futures=True)
    return answers


def _answer(question: Question, future: "Future[str]") -> Answer:
    if not future.done():
        return Answer(question.name, False, f"no answer within {DEADLINE_S:g} s", question.stored_as)
    try:
        return Answer(question.name, True, future.result(), question.stored_as)
    except SourceError as error:
        return Answer(question.name, False, str(error), question.stored_as)
    except Exception as error:  # an answer that no parser expected
        return Answer(question.name, False, f"unreadable answer ({type(error).__name__}: {error})", question.stored_as)
