"""`zhenyan`: finds the command, runs it, turns errors into one line and an exit status."""

import importlib
import signal
import sys

import click

from cli.shell.extras import advice, unusable
from cli.shell.file_modes import private_files
from cli.shell.loading import uncollected
from cli.shell.terminal import guarded_output, on_one_line
from net.errors import ZhenyanError

COMMANDS = {
    "demo": ("cli.commands.demo", "Play the packaged broadcast live, screen it, open the review queue."),
    "check": ("cli.commands.check", "Check passages of text (JSONL on stdin) against passports and law."),
    "screen": ("cli.commands.screen", "Screen one live URL or media file."),
    "streams": ("cli.commands.streams", "Order broadcasts on a server, see where they stand, stop them."),
    "batches": ("cli.commands.batches", "Order the screening of archives on a server."),
    "batch": ("cli.commands.batch", "Screen archives: files, folders, object stores, lists of addresses."),
    "replay": ("cli.commands.replay", "Replay what is stored under another policy, before it goes live."),
    "learn": ("cli.commands.learn", "Learn from what people decided; export it; leave a host out."),
    "policy": ("cli.commands.policy", "Validate or show a policy; explain how a sentence is understood."),
    "passports": ("cli.commands.passports", "Read passports and say what is in them and what is wrong."),
    "evidence": ("cli.commands.evidence", "Make and check evidence packs; publish and rotate the keys that sign them."),
    "audit": ("cli.commands.audit", "Check the audit trail, write it out, give its head."),
    "serve": ("cli.commands.serve", "Serve the review pages and the API."),
    "top": ("cli.commands.top", "Show live which broadcasts run where, and how far behind."),
    "keys": ("cli.commands.keys", "Make, list, rotate and revoke the keys of programs, and their customers."),
    "worker": ("cli.commands.worker", "Carry the broadcasts that are ordered, on this machine or a Ray cluster."),
    "people": ("cli.commands.people", "Add, list and change the accounts of the review pages."),
    "doctor": ("cli.commands.doctor", "Say what of this machine is wrong for the program, and what to do."),
    "models": ("cli.commands.models", "Show which model weights are found, or fetch them."),
    "size": ("cli.commands.size", "Reckon what so many broadcasts take, and what gives first."),
    "bench": ("cli.commands.bench", "Run a benchmark, ours beside its peer."),
}


class _Lazy(click.Group):
    """Imports a command's module when it is called, so that text-only commands start fast."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as error:
            # Left to click, it would print an empty line first.
            raise click.Abort from error

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, purpose = COMMANDS[cmd_name]
        try:
            with uncollected():
                command: click.Command = importlib.import_module(module).command
        except ModuleNotFoundError as error:
            return unusable(cmd_name, purpose, error.name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=_Lazy,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="zhenyan", message="zhenyan %(version)s")
@click.pass_context
def group(context: click.Context) -> None:
    """Zhenyan 真言: what a live host says and shows, held against the product's passport and the law.

    Start with `zhenyan demo`. `zhenyan COMMAND --help` shows an example of each command. Exit status: 0 done, 1 the
    work failed, 2 the call was wrong.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def _stop(number: int, frame: object) -> None:
    """A polite stop ends like Ctrl-C, so that players, actors and files are closed."""
    raise KeyboardInterrupt


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line; exits 0 done, 1 the work failed, 2 the call was wrong."""
    signal.signal(signal.SIGTERM, _stop)
    with guarded_output(), private_files():
        _run(arguments)


def _run(arguments: list[str] | None) -> None:
    try:
        group.main(args=arguments, prog_name="zhenyan", standalone_mode=False)
    except click.Abort:
        _end("interrupted", 130)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "zhenyan"
        _end(f"{error.format_message().rstrip('.')}; see {command} --help", 2)
    except click.ClickException as error:
        _end(error.format_message(), 2)
    except ZhenyanError as error:
        _end(str(error), error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except ModuleNotFoundError as error:
        _end(advice(error.name), 2)


def _end(text: str, status: int) -> None:
    click.echo(f"zhenyan: {on_one_line(text)}", err=True)
    sys.exit(status)
