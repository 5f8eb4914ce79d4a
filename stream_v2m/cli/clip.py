"""``stream-v2m clip``: list the exports of CLIP models, say which is used, remove one."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from stream_v2m.core.errors import StreamV2MError

app = typer.Typer(help="List, choose and remove CLIP models for the mood (docs/clip.md).", no_args_is_help=True)

NameArgument = Annotated[str, typer.Argument(help="A name of `clip list`.", show_default=False)]


@app.command("list")
def list_command() -> None:
    """Every export, and how near to open_clip's own it was measured; * is the one that is used."""
    from stream_v2m.inference.clip_files import EXPORT, clip_file, list_clips, read_card, used_clip

    console, names = Console(), list_clips()
    if not names:
        console.print(f"no CLIP model has been exported; make one from a checkout: {EXPORT}", soft_wrap=True)
        return
    used = used_clip()
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for head in ("name", "model", "pretrained", "weights", "MB", "input", "prompts", "cosine", "semantics", "licence"):
        table.add_column(head, justify="right" if head in ("MB", "input", "cosine") else "left", overflow="fold")
    for name in names:
        path = clip_file(name)
        try:
            card = read_card(path)
        except StreamV2MError as error:
            table.add_row("✗", name, str(error))
            continue
        prompts = "words" if all(len(texts) == 1 for texts in card.prompts.values()) else "ensemble"
        table.add_row(
            "*" if name == used else "",
            name,
            card.model,
            card.pretrained,
            card.weights,
            f"{path.stat().st_size / 1e6:.0f}",
            f"{card.input_size}",
            prompts,
            f"{card.cosine:.5f}",
            "yes" if card.semantics else "no",
            card.licence,
        )
    console.print(table)


@app.command()
def use(name: NameArgument) -> None:
    """Make one the model that `--affect clip` means."""
    from stream_v2m.inference.clip_files import use_clip

    use_clip(name)
    Console().print(f"`--affect clip` now means {name}", highlight=False)


@app.command()
def remove(name: NameArgument) -> None:
    """Delete an export; it can be made again."""
    from stream_v2m.inference.clip_files import remove_clip

    remove_clip(name)
    Console().print(f"removed {name}", highlight=False)
