"""The pages of the test as HTML; whatever comes from outside is escaped here and nowhere else."""

from __future__ import annotations

from html import escape

from models.listening.questions import BACKGROUND, HIGHEST, HIGHEST_WORD, LOWEST, LOWEST_WORD, QUESTIONS, Question

TITLE = "Music for films: a listening test"
_HEAR = "Hear each film to its end at least once; you may replay it as often as you like."


def start_page(consent: str) -> str:
    """The first page: what it is about, code, what one may tell about oneself, consent.

    Args:
        consent: paragraphs with empty lines between; the last is what is agreed to.
    """
    told = "".join(
        f'<label><span>{escape(each.text)} <span class="soft">(optional)</span></span>'
        f'<select name="{escape(each.name)}"><option value="">I would rather not say</option>'
        + "".join(f"<option>{escape(choice)}</option>" for choice in each.choices)
        + "</select></label>"
        for each in BACKGROUND
    )
    paragraphs = [" ".join(text.split()) for text in consent.split("\n\n") if text.strip()]
    *body, agreement = paragraphs or ["I agree to take part."]
    return _page(
        f"""<h1>{TITLE}</h1>
{"".join(f"<p>{escape(text)}</p>" for text in body)}
<p>Each film comes several times, with different music. Please use headphones if you can, set a comfortable volume
with the first film, and leave it there. {_HEAR}</p>
<form method="post" action="/join" class="card">
<label><span>Participant code <span class="soft">(if you were given one, or to go on where you stopped)</span></span>
<input name="code" maxlength="20" autocomplete="off" autocapitalize="characters" spellcheck="false"></label>
{told}
<label class="consent"><input type="checkbox" name="consent" value="yes" required> <span>{escape(agreement)}</span>
</label>
<button>Start</button>
</form>"""
    )


def listen_page(code: str, stimulus: str, rated: int, total: int) -> str:
    """A film and the five questions."""
    return _page(
        f"""<header><p id="place">Film {rated + 1} of {total}</p>
<progress value="{rated}" max="{total}" aria-labelledby="place"></progress></header>
<video src="/stimuli/{escape(stimulus)}.mp4" controls playsinline preload="auto" disablepictureinpicture
 controlslist="nodownload noremoteplayback" aria-label="The film to rate"></video>
<p id="hint" class="soft" role="status">{_HEAR}</p>
<p id="trouble" role="alert" hidden>This film cannot be played here. Please tell whoever runs the test.</p>
<form method="post" action="/t/{escape(code)}">
<input type="hidden" name="stimulus" value="{escape(stimulus)}">
<input type="hidden" name="plays" id="plays" value="0" autocomplete="off">
{"".join(map(_question, QUESTIONS))}
<button id="next" aria-describedby="hint">Next</button>
<noscript><p role="alert">This page needs JavaScript, to know that the film was heard.</p></noscript>
</form>
<p class="soft">Your code is <strong>{escape(code)}</strong>. You may stop here and come back with it.</p>
<script src="/page.js"></script>"""
    )


def thanks_page(code: str) -> str:
    """The last page."""
    return _page(
        f"""<h1>Thank you</h1>
<p>You have rated every film, and all your answers are kept. You may close this page.</p>
<p class="soft">Your code is <strong>{escape(code)}</strong>. To have your answers deleted, tell it to whoever runs
the test.</p>"""
    )


def fault_page(message: str, back: str) -> str:
    """What went wrong, and the way on."""
    return _page(
        f"""<h1>That did not work</h1>
<p role="alert">{escape(message)}</p>
<p><a href="{escape(back)}">Go on</a></p>"""
    )


def _question(question: Question) -> str:
    name = escape(question.name)
    points = "".join(
        f'<label><input type="radio" name="{name}" value="{point}" required'
        f'{_meaning(point)}><span aria-hidden="true">{point}</span></label>'
        for point in range(LOWEST, HIGHEST + 1)
    )
    return f"""<fieldset>
<legend><strong>{escape(question.title)}</strong> {escape(question.text)}</legend>
<div class="points">{points}</div>
<div class="ends" aria-hidden="true"><span>{escape(LOWEST_WORD)}</span><span>{escape(HIGHEST_WORD)}</span></div>
</fieldset>"""


def _meaning(point: int) -> str:
    """A point's name for who hears the page instead of seeing it."""
    word = {LOWEST: f", {LOWEST_WORD}", HIGHEST: f", {HIGHEST_WORD}"}.get(point, "")
    return f' aria-label="{point}{escape(word)}"'


def _page(body: str) -> str:
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{TITLE}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""
