import math
from pathlib import Path

import pytest
from hushmark.card import PERIOD, read_card

from train.forward import forward_of
from train.waves import waves_of

WEIGHTS = Path(__file__).parents[3] / "weights"


def test_the_card_has_the_waves_of_its_networks() -> None:
    card = read_card(WEIGHTS / "decoder.safetensors")
    measured = waves_of(forward_of(WEIGHTS), card.bits)
    assert len(measured) == len(card.waves) > 8
    places = {(wave.channel, wave.across, wave.down): wave for wave in card.waves}
    for wave in measured:
        known = places[wave.channel, wave.across, wave.down]
        # Runtimes round differently.
        assert wave.amplitude == pytest.approx(known.amplitude, abs=0.02)
        assert abs(math.remainder(wave.phase - known.phase, 2 * math.pi)) < 0.1
        assert (wave.across * PERIOD).is_integer() and (wave.down * PERIOD).is_integer()
