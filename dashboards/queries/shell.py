"""The shell of `tapewire sql`: queries with completion and history, each in a process of its own."""

import sys
from pathlib import Path

import duckdb

from dashboards.data import Published
from dashboards.files.written import is_wide, lines, table
from dashboards.queries.asked import ask
from dashboards.queries.limited import Limits, QueryLimitError, QueryRefusedError

ROWS = 200
HELP = """A query ends with ;  (such as  FROM marts.ssr_daily LIMIT 5;)
.marts         list the marts          .marts NAME    describe one
.lines         rows as lines, or as a table again
.help          this                    .quit          leave (or Ctrl-D)
Ctrl-C ends a query that takes too long."""
WORDS = (
    "SELECT",
    "FROM",
    "WHERE",
    "GROUP BY",
    "ORDER BY",
    "LIMIT",
    "DESCRIBE",
    "SUMMARIZE",
    "PIVOT",
    "QUALIFY",
    "WITH",
)


def run_shell(published: Path, history: Path, limits: Limits) -> None:
    """Read queries until the end of input and print their answers; what was typed is kept in `history`."""
    from prompt_toolkit import PromptSession
    from prompt_toolkit.completion import WordCompleter
    from prompt_toolkit.history import FileHistory

    with Published(published) as warehouse:
        names = warehouse.query(
            "SELECT DISTINCT unnest(['marts.' || table_name, column_name]) AS name FROM duckdb_columns() "
            "WHERE schema_name = 'marts' ORDER BY 1"
        )["name"].to_list()
    session: PromptSession[str] = PromptSession(
        history=FileHistory(str(history)),
        completer=WordCompleter([*WORDS, *names], ignore_case=True, WORD=True),
    )
    print(f"{published} (read-only). .help says how, .quit leaves.")
    shell = Shell(published, limits)
    text = ""
    while True:
        try:
            text = f"{text}\n{session.prompt('tapewire> ' if not text else '     ...> ')}".strip()
        except KeyboardInterrupt:
            text = ""
            continue
        except EOFError:
            return
        if text == ".quit":
            return
        if text.startswith(".") or text.endswith(";"):
            shell.answer(text)
            text = ""


class Shell:
    """Answers lines of the shell on standard output, errors on standard error."""

    def __init__(self, published: Path, limits: Limits) -> None:
        self._published, self._limits, self._as_lines = published, limits, False

    def answer(self, text: str) -> None:
        """Answer one query or one command of the shell; an error is said, and the shell goes on."""
        if not text.rstrip(";").strip():
            return
        try:
            if text.startswith("."):
                self._command(text)
            else:
                self._query(text)
        except (duckdb.Error, QueryRefusedError, QueryLimitError) as error:
            print(error, file=sys.stderr)
        except KeyboardInterrupt:
            print("ended", file=sys.stderr)

    def _command(self, text: str) -> None:
        name, _, rest = text.partition(" ")
        if name == ".lines":
            self._as_lines = not self._as_lines
        elif name == ".marts":
            with Published(self._published) as warehouse:
                mart = rest.strip()
                print(table(warehouse.columns_of(mart) if mart else warehouse.mart("catalog").sort("mart")))
        else:
            print(HELP)

    def _query(self, text: str) -> None:
        answer = ask(self._published, text, rows=ROWS, limits=self._limits)
        print(lines(answer.frame) if self._as_lines else table(answer.frame))
        if answer.is_cut:
            print(f"only the first {ROWS} rows are printed; there are more", file=sys.stderr)
        elif not self._as_lines and is_wide(answer.frame):
            print("wider than the terminal: .lines shows each row as lines", file=sys.stderr)
