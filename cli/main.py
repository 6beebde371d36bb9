"""`zhenyan`: finds the command, runs it, turns errors into one line and an exit status."""

import importlib
import signal
import sys

import click

from ingest.errors import ZhenyanError

COMMANDS = {
    "demo": ("cli.demo", "Play the packaged broadcast live, screen it, open the review queue."),
    "check": ("cli.check", "Check passages of text (JSONL on stdin) against passports and law."),
    "screen": ("cli.screen", "Screen one live URL or media file."),
    "models": ("cli.models", "Show which model weights are found, or fetch them."),
    "policy": ("cli.policy", "Validate, show or explain a policy."),
    "passports": ("cli.passports", "Read passports and say what is in them."),
    "serve": ("cli.serve", "Serve the review pages and the API."),
    "bench": ("cli.bench", "Run a benchmark, ours beside its peer."),
}


class _Lazy(click.Group):
    """Imports a command's module when it is called, so that text-only commands start fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="zhenyan")
def group() -> None:
    """Zhenyan 真言: what a live host says and shows, held against the product's passport and the law.

    Start with `zhenyan demo`. Text only: `zhenyan check --help`.
    """


def _stop(number: int, frame: object) -> None:
    """A polite stop ends like Ctrl-C, so that players, actors and files are closed."""
    raise KeyboardInterrupt


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line; exits 0 done, 1 the work failed, 2 the call was wrong."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        group.main(args=arguments, standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.Abort:
        click.echo("zhenyan: interrupted", err=True)
        sys.exit(130)
    except click.ClickException as error:
        click.echo(f"zhenyan: {' '.join(error.format_message().split())} (see --help)", err=True)
        sys.exit(2)
    except ZhenyanError as error:
        click.echo(f"zhenyan: {' '.join(str(error).split())}", err=True)
        sys.exit(getattr(error, "exit_code", 2))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except ModuleNotFoundError as error:
        click.echo(f"zhenyan: this command needs {error.name}; install the extras: pip install 'zhenyan[worker,server]'", err=True)
        sys.exit(2)
