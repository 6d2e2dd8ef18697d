"""The claims of the chapter on NAME, a test a sentence."""

import numpy as np
import pytest


def test_at_half_of_one_over_the_curvature_the_error_halves_at_every_update(chapter):
    path = chapter.descend(0.05)
    assert path[1:] / path[:-1] == pytest.approx(0.5)


def test_above_the_limit_the_error_changes_its_sign_and_grows(chapter):
    path = chapter.descend(0.21)
    assert np.all(path[1:] * path[:-1] < 0) and abs(path[-1]) > abs(path[0])


def test_below_the_limit_it_settles_and_above_it_does_not(chapter):
    ends = [abs(chapter.descend(alpha, 2000)[-1]) for alpha in (0.199, 0.201)]
    assert ends[0] < 1 < ends[1]


def test_the_output_shows_both_runs(chapter):
    assert chapter.printed["run"].count("after 20 updates") == 2


def test_a_start_at_the_bottom_stays_there(chapter):
    assert np.all(chapter.descend(0.21, w=0.0) == 0)
