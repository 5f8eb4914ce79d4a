"""The config of the built-in synthesizer: one section for live sound and for sound files."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from stream_v2m.midi.synth import USUAL, SynthSettings


class SynthConfig(BaseModel):
    """How the built-in synthesizer sounds, live and to a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    soundfont: Path | None = Field(None, description="an SF2 or SF3 file; none takes the best one installed")
    gain_db: float = Field(USUAL.gain_db, ge=-40, le=12, description="louder, or softer below 0")
    reverb: float = Field(USUAL.reverb, ge=0, le=1, description="level of the hall; each part has its share of it")
    limiter: bool = Field(USUAL.limiter, description="keep loud moments below full scale; without it they may clip")
    driver: str | None = Field(
        USUAL.driver, description="FluidSynth's name of an audio system, as jack or alsa; none tries what is there"
    )
    rate: int = Field(
        USUAL.rate, ge=8000, le=96_000, description="samples a second; a JACK server's own goes before, live"
    )

    def settings(self) -> SynthSettings:
        """The same in the plain form that ``SynthPort`` and ``render_wav`` take, and JSON can carry."""
        return SynthSettings(**self.model_dump(mode="json"))
