"""What to expect after a release: from the walk to words, from the past alone, in bands that hold."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.kernel_ridge import KernelRidge

from models.quantiles.quantiles import CENTRAL, LEVELS, MEDIAN
from models.quantiles.scores import crps
from models.response.by_record import HIGH, LOW, weighted_quantile, weights_by_record, widening
from models.response.history import MACHINE, History
from models.response.levels import CENTRAL_LEVELS, PRIOR, fit_scales, walk_quantiles
from models.response.walk_forward import LEVEL_NAMES, NO_TEXT, _another, expect
from models.response.words import FEWEST, PENALTIES, Corpus, Ridge

GOOD, BAD = "exchange lists token partnership grows strongly", "exploit drains vault lawsuit halts network"
FILLER = ("today", "team", "report", "market", "users", "protocol", "update", "holders", "release", "quarter")


def _history(n: int, *, seed: int = 1, effect: float = 0.0, scale: float = 1.0, kinds: bool = False) -> History:
    """Releases every nine hours whose words say the sign of a move of `effect` sigmas; moves have heavy tails."""
    rng = np.random.default_rng(seed)
    good = rng.random(n) < 0.5
    text = tuple(" ".join([GOOD if g else BAD, *rng.choice(FILLER, 12)]) for g in good)
    known = 9.0 * np.arange(n)
    noise = rng.standard_t(5, (n, 2)) / np.sqrt(5 / 3)
    kind = np.where(rng.random(n) < 0.3, "loud", "plain") if kinds else np.repeat("plain", n)
    size = np.where(kind == "loud", 3.0, 1.0)[:, None] * scale
    move = noise * size + effect * np.where(good, 1.0, -1.0)[:, None]
    like = rng.standard_t(5, (n, 2, 30)) / np.sqrt(5 / 3)
    return History((4.0, 24.0), known, known[:, None] + np.array([4.0, 24.0]), move, like, text, kind, np.zeros((n, 1)))


def _covered(history: History, quantiles: np.ndarray, first: int) -> float:
    move = history.move[first:]
    return float(((move >= quantiles[first:, :, LOW]) & (move <= quantiles[first:, :, HIGH])).mean())


@pytest.mark.slow
def test_cutting_off_the_future_changes_nothing_that_was_expected():
    history, cut = _history(160, effect=2.0, kinds=True), 110
    whole = expect(history)
    short = History(
        history.windows_h, history.known_h[:cut], history.over_h[:cut], history.move[:cut], history.like[:cut],
        history.text[:cut], history.kind[:cut], history.state[:cut],
    )  # fmt: skip
    found = expect(short)
    for name in ("levels", "combined", "weight", "n_past"):
        np.testing.assert_allclose(getattr(found, name), getattr(whole, name)[:cut], atol=1e-9, err_msg=name)


@pytest.mark.slow
def test_what_prices_did_after_a_release_changes_nothing_until_its_windows_are_over():
    history = _history(130, effect=2.0)
    moved = history.move.copy()
    moved[100:] *= -5
    np.testing.assert_array_equal(expect(replace(history, move=moved)).combined[:103], expect(history).combined[:103])


def test_without_any_past_every_level_is_the_walk():
    found = expect(_history(3))
    walk = walk_quantiles(_history(3).like[:1, 0])
    for level in range(len(LEVEL_NAMES)):
        np.testing.assert_allclose(found.levels[0, 0, level], walk)
    np.testing.assert_allclose(found.combined[0, 0], walk, rtol=1e-6)
    assert walk[MEDIAN] == pytest.approx(0, abs=1e-9)


def test_a_scale_is_found_and_few_releases_hardly_move_it():
    rng = np.random.default_rng(2)
    walk = walk_quantiles(rng.standard_normal(20_000))
    kind = np.repeat("a", 400)
    assert fit_scales(walk, 2.5 * rng.standard_normal(400), kind).every == pytest.approx(2.5, rel=0.12)
    assert fit_scales(walk, rng.standard_normal(400), kind).every == pytest.approx(1, abs=0.1)
    few = fit_scales(walk, 4 * rng.standard_normal(4), kind[:4]).every
    assert 1 <= few < 1 + 3 * 4 / PRIOR * 3
    assert fit_scales(walk, np.zeros(0), kind[:0]).every == 1.0


def test_a_kind_has_its_own_scale_as_far_as_it_has_releases():
    rng = np.random.default_rng(3)
    walk, kind = walk_quantiles(rng.standard_normal(20_000)), np.array(["a"] * 300 + ["b"] * 60)
    move = np.where(kind == "b", 3.0, 1.0) * rng.standard_normal(360)
    scales = fit_scales(walk, move, kind)
    assert scales.kinds["b"] > 1.8 > scales.every > scales.kinds["a"] > 0.8
    np.testing.assert_allclose(scales.of(np.array(["b", "never seen"])), [scales.kinds["b"], scales.every])


def test_texts_weigh_as_they_do_for_the_library_on_the_past_alone():
    text = _history(60).text
    past = np.arange(40)
    mine = Corpus(text, np.repeat("plain", 60)).vectors(past)
    theirs = TfidfVectorizer(
        ngram_range=(1, 2), min_df=2, sublinear_tf=True, token_pattern=r"(?u)\b[^\W\d_]{2,}\b"
    ).fit([text[i] for i in past])
    expected = theirs.transform(text)
    np.testing.assert_allclose((mine @ mine.T).todense(), (expected @ expected.T).todense(), atol=1e-12)


def test_left_out_predictions_are_those_of_the_library():
    rng = np.random.default_rng(4)
    x = rng.standard_normal((50, 5))
    target = x @ np.array([1.0, -1, 0, 0, 0.5]) + 0.3 * rng.standard_normal(50)
    ridge = Ridge(x @ x.T)
    found, weights = ridge.best(target)
    error = []
    for penalty in PENALTIES:
        expected = np.empty(50)
        for fold in ridge.folds:
            kept = np.setdiff1d(np.arange(50), fold)
            model = KernelRidge(alpha=penalty, kernel="precomputed").fit(
                ridge.kernel[np.ix_(kept, kept)], target[kept] - target[kept].mean()
            )
            expected[fold] = target[kept].mean() + model.predict(ridge.kernel[np.ix_(fold, kept)])
        error.append(((target - expected) ** 2).sum())
        if np.allclose(expected, found):
            break
    else:
        pytest.fail("no penalty gives these predictions")
    assert error[-1] == min(error)
    assert weights.any()


@pytest.mark.slow
def test_words_are_read_where_they_say_something_and_cost_nothing_where_they_do_not():
    planted, nothing = _history(220, effect=2.5), _history(220, seed=8)
    read, plain = expect(planted), expect(nothing)
    first = 120
    expected, moved = read.combined[first:, 0, MEDIAN], planted.move[first:, 0]
    assert np.corrcoef(expected, moved)[0, 1] > 0.8
    assert read.weight[-1, 0, LEVEL_NAMES.index("words") :].sum() > 0.9
    of = {"walk": read.levels[:, :, 0], "read": read.combined, "dealt": read.shuffled}
    loss = {name: crps(q[first:, 0][:, CENTRAL], moved, CENTRAL_LEVELS).mean() for name, q in of.items()}
    assert loss["read"] < 0.6 * loss["walk"]
    assert loss["dealt"] > 1.4 * loss["read"]
    silent = crps(plain.combined[first:, 0][:, CENTRAL], nothing.move[first:, 0], CENTRAL_LEVELS).mean()
    walk = crps(plain.levels[first:, 0, 0][:, CENTRAL], nothing.move[first:, 0], CENTRAL_LEVELS).mean()
    assert silent < 1.02 * walk


@pytest.mark.slow
@pytest.mark.parametrize("effect, scale", [(0.0, 1.0), (0.0, 2.5), (2.0, 1.0)])
def test_bands_hold_nine_moves_in_ten(effect, scale):
    share = []
    for seed in range(4):
        history = _history(150, seed=20 + seed, effect=effect, scale=scale)
        share.append(_covered(history, expect(history).combined, 50))
    assert 0.86 < np.mean(share) < 0.94


def test_a_band_that_was_half_as_wide_as_it_should_be_is_doubled():
    rng = np.random.default_rng(5)
    walk = walk_quantiles(rng.standard_normal(20_000))
    assert widening(np.zeros((0, len(LEVELS))), np.zeros(0), walk, np.zeros(0)) == pytest.approx(1, abs=0.05)
    bands = np.repeat(walk[None] / 2, 2000, axis=0)
    assert widening(bands, rng.standard_normal(2000), walk, np.ones(2000)) == pytest.approx(2, rel=0.08)


def test_levels_weigh_by_their_record():
    rng = np.random.default_rng(6)
    walk = walk_quantiles(rng.standard_normal(20_000))
    quantiles = np.stack([walk, 2 * walk, 3 * walk, 4 * walk, 5 * walk])[None].repeat(200, axis=0)
    assert weights_by_record(quantiles[:0], np.zeros(0)) == pytest.approx([0.2] * 5)
    assert weights_by_record(quantiles, 2 * rng.standard_normal(200)).argmax() == 1
    early = weights_by_record(quantiles[:3], 2 * rng.standard_normal(3))
    assert early.max() < 0.9, "three releases decide nothing"


def test_releases_of_which_no_move_is_known_are_expected_and_not_learned_from():
    history = _history(100, effect=2.0)
    move = history.move.copy()
    move[::2] = np.nan
    found = expect(replace(history, move=move))
    assert np.isfinite(found.combined[60:]).all()
    assert (np.isfinite(move[:, 0]).sum()) >= FEWEST


def test_texts_without_a_word_and_releases_out_of_order_are_met():
    history = _history(60)
    wordless = expect(replace(history, text=("…",) * 60))
    assert np.isfinite(wordless.combined[10:]).all()
    with pytest.raises(ValueError, match="in order of the time"):
        replace(history, known_h=history.known_h[::-1])
    with pytest.raises(ValueError, match="over before"):
        replace(history, over_h=history.over_h - 1000)


@pytest.mark.slow
def test_another_text_in_the_place_of_a_release_is_read_as_if_it_were_its_own_and_teaches_nothing():
    history = _history(120, effect=2.5)
    upside_down = tuple(t.replace(GOOD, "?").replace(BAD, GOOD).replace("?", BAD) for t in history.text)
    plain = expect(history)
    found = expect(history, (history.text, upside_down, (None,) * 120))
    np.testing.assert_allclose(found.combined, plain.combined, atol=1e-9)
    np.testing.assert_allclose(found.instead[:, 1], plain.combined, atol=1e-9)
    own, other, none = found.combined[80:, 0, MEDIAN], *(found.instead[80:, k, 0, MEDIAN] for k in (2, 3))
    assert np.corrcoef(own, other)[0, 1] < -0.9
    np.testing.assert_allclose(none, 0, atol=0.05)
    assert np.abs(own).mean() > 1


@pytest.mark.slow
def test_the_text_of_an_earlier_release_in_the_place_of_another_is_not_one_that_was_learned_from():
    history = _history(120)
    found = expect(history)
    drawn = np.flatnonzero(found.other >= 0)
    assert len(drawn) > 80
    assert (history.known_h[found.other[drawn]] < history.known_h[drawn]).all()
    own, other = (np.abs(q[drawn, 0, MEDIAN]).mean() for q in (found.combined, found.instead[:, 0]))
    assert other == pytest.approx(own, rel=0.3, abs=0.02)


def test_of_earlier_texts_those_that_were_learned_from_and_those_that_are_the_same_are_not_drawn():
    history, draw = _history(60), np.random.default_rng(1)
    assert {_another(history, 50, np.arange(45), draw) for _ in range(200)} == set(range(45, 50))
    assert _another(history, 50, np.arange(50), draw) == NO_TEXT
    same = replace(history, text=(history.text[50],) * 60)
    assert _another(same, 50, np.arange(45), draw) == NO_TEXT


def test_a_weighted_quantile_is_numpys_where_all_weigh_the_same_and_that_of_repeated_values_else():
    rng = np.random.default_rng(8)
    for n in (1, 2, 7, 40, 201):
        values, weight = rng.standard_normal(n), rng.integers(1, 5, n).astype(float)
        for level in (0.05, 0.5, 0.9, 1.0):
            plain = np.quantile(values, level, method="higher")
            assert weighted_quantile(values, np.full(n, 0.3), level) == plain
            repeated = np.quantile(np.repeat(values, weight.astype(int)), level, method="higher")
            ranks = np.sort(values).searchsorted([weighted_quantile(values, weight, level), repeated])
            assert abs(int(ranks[0]) - int(ranks[1])) <= 1


@pytest.mark.slow
def test_bands_hold_for_both_kinds_of_author_where_it_is_known_who_wrote():
    """Half are by machines, whose moves are half as large; words do not tell who wrote."""
    told, untold = [], []
    for seed in range(3):
        history = _history(240, seed=50 + seed)
        machine = np.random.default_rng(seed).random(240) < 0.5
        calm = replace(history, move=np.where(machine[:, None], 0.5, 1.0) * history.move)
        known = replace(calm, state=machine[:, None].astype(float), states=(MACHINE,))
        for history, out in ((known, told), (calm, untold)):
            q = expect(history).combined[80:]
            inside = (history.move[80:] >= q[..., LOW]) & (history.move[80:] <= q[..., HIGH])
            out.append([inside[machine[80:]].mean(), inside[~machine[80:]].mean()])
    (calm_told, loud_told), (calm_untold, loud_untold) = np.mean(told, axis=0), np.mean(untold, axis=0)
    assert abs(calm_told - loud_told) < 0.6 * abs(calm_untold - loud_untold)
    assert 0.86 < loud_told < 0.94
