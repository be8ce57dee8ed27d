"""Few clusters: published errors, exact small cases, intervals that invert the test."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from tznr_platform.errors import UserError
from tznr_platform.estimation.clusters import ClusteredFit, infer, randomisation_test
from tznr_platform.estimation.randomisation import _dealt
from tznr_platform.estimation.verdict import NotEstimable
from tznr_platform.estimation.wild_bootstrap import WildBootstrap, cluster_weights


@pytest.fixture(scope="module")
def two_way(shared_data) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`mpdta` in two-way fixed effects: outcome, treatment and periods, all net of the county; county codes."""
    rows = pd.read_csv(shared_data / "reference" / "mpdta" / "mpdta.csv")
    county = rows["countyreal"].to_numpy()
    treated = (rows["first.treat"] > 0) & (rows["year"] >= rows["first.treat"])
    columns = np.column_stack([rows["lemp"], treated, pd.get_dummies(rows["year"]).to_numpy(float)[:, 1:]])
    net = columns - pd.DataFrame(columns).groupby(county).transform("mean").to_numpy()
    return net[:, 0], net[:, 1:], county


def draw(seed: int, effect: float, sizes: np.ndarray, treated_count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random, clusters = np.random.default_rng(seed), np.repeat(np.arange(len(sizes)), sizes)
    treated = (clusters < treated_count).astype(float)
    outcome = effect * treated + random.normal(size=len(sizes))[clusters] / 2 + random.normal(size=len(clusters))
    return outcome, np.column_stack([np.ones_like(treated), treated]), clusters


def test_jackknife_error_is_the_published_one(two_way):
    outcome, design, county = two_way
    fit = ClusteredFit.of(outcome, design, county, 0)
    assert fit.estimate == pytest.approx(-0.036549, abs=1e-6)
    assert fit.jackknife_error(size=(2500, 6)) == pytest.approx(0.013329, abs=1e-6)
    assert fit.jackknife_error() == pytest.approx(0.013329 * (499 / 500) * (2494 / 2499) ** 0.5, abs=1e-6)


def test_jackknife_error_is_what_leaving_out_gives():
    outcome, design, clusters = draw(1, 0.4, np.arange(4, 16), 6)
    fit = ClusteredFit.of(outcome, design, clusters, 1)
    kept = [clusters != left for left in range(12)]
    left_out = np.array([np.linalg.lstsq(design[rows], outcome[rows], rcond=None)[0][1] for rows in kept])
    assert fit.jackknife_error() == pytest.approx(np.sqrt(11 / 12 * ((left_out - fit.estimate) ** 2).sum()))


def test_bootstrap_statistics_are_those_of_refitted_draws():
    outcome, design, clusters = draw(2, 0.3, np.arange(5, 19), 7)
    bootstrap = ClusteredFit.of(outcome, design, clusters, 1).wild_bootstrap(seed=3, draws=40)
    null = 0.2
    _, drawn = bootstrap._statistics(null)
    held = (outcome - null * design[:, 1]).mean()
    rest = outcome - null * design[:, 1] - held
    for weights, statistic in zip(bootstrap.weights, drawn, strict=True):
        again = ClusteredFit.of(held + null * design[:, 1] + rest * weights[clusters], design, clusters, 1)
        own = again.moments - again.grams @ again.coefficients
        error = np.sqrt(((own @ again.bread[1]) ** 2).sum())
        assert statistic == pytest.approx(abs(again.estimate - null) / error)


def test_the_interval_holds_exactly_the_nulls_that_are_not_rejected():
    outcome, design, clusters = draw(4, 0.8, np.full(30, 12), 15)
    bootstrap = ClusteredFit.of(outcome, design, clusters, 1).wild_bootstrap(seed=5, draws=1999)
    low, high = bootstrap.interval()
    assert low < bootstrap.fit.estimate < high
    for bound, outwards in ((low, -1), (high, 1)):
        assert bootstrap.p_value(bound + outwards * 1e-6) < 0.05 <= bootstrap.p_value(bound - outwards * 1e-6)


def test_the_null_is_rejected_when_false_and_kept_when_true():
    sizes = np.full(39, 20)
    strong = infer(*draw(6, 2.0, sizes, 20), 1, seed=1, draws=999)
    none = infer(*draw(7, 0.0, sizes, 20), 1, seed=1, draws=999)
    assert strong.p_value < 0.01 < none.p_value and strong.method == "wild_bootstrap"
    assert (strong.cluster_count, strong.treated_cluster_count) == (39, 20) and strong.largest_leverage < 0.2


def test_same_seed_same_answer():
    case = draw(8, 0.5, np.full(20, 8), 10)
    assert infer(*case, 1, seed=9, draws=499) == infer(*case, 1, seed=9, draws=499)


@pytest.mark.parametrize("treated", [4, 12])
def test_threads_and_small_types_change_nothing(treated):
    outcome, design, clusters = draw(18, 0.5, np.full(30, 40), treated)
    outcome = outcome.astype("float32")
    wide = infer(outcome.astype(float), design, clusters, 1, seed=9, draws=499)
    with threadpool_limits(1):
        assert infer(outcome, design.astype("int8"), clusters.astype("int8"), 1, seed=9, draws=499) == wide


def test_equal_clusters_are_all_effective():
    outcome, design, clusters = draw(10, 0.0, np.full(20, 8), 10)
    assert ClusteredFit.of(outcome, design, clusters, 1).effective_clusters() == pytest.approx(20)


@pytest.mark.parametrize("treated", [3, 17])
def test_few_treated_clusters_are_dealt_at_random(treated):
    outcome, design, clusters = draw(11, 1.5, np.full(20, 8), treated)
    found = infer(outcome, design, clusters, 1, seed=1, draws=1999)
    assert found.method == "randomisation" and found.low < found.estimate < found.high
    means = np.array([outcome[clusters == code].mean() for code in range(20)])
    alone = randomisation_test(means, np.arange(20) < treated, seed=1, draws=1999)
    assert (found.estimate, found.p_value) == pytest.approx((alone.estimate, alone.p_value))


def test_a_treatment_that_starts_in_few_clusters_says_why():
    outcome, _, clusters = draw(11, 0.0, np.full(20, 8), 3)
    late = ((clusters < 3) & (np.arange(160) % 8 > 3)).astype(float)
    found = infer(outcome, np.column_stack([np.ones(160), late]), clusters, 1, seed=1)
    assert isinstance(found, NotEstimable) and "répartition" not in found.subject and "réparti" in found.reason


def test_deals_hold_the_other_columns():
    """Each deal is the coefficient of the same fit with the treatment of other clusters."""
    outcome, design, clusters = draw(15, 0.4, np.arange(4, 16), 4)
    design = np.column_stack([design, np.random.default_rng(1).normal(size=len(outcome))])
    fit = ClusteredFit.of(outcome, design, clusters, 1)
    deals = fit.deals(seed=2, draws=9)
    assert deals.drawn[0] == pytest.approx(fit.estimate) and deals.shares[0] == pytest.approx(1)
    order = _dealt(fit.dose, 2, 9, None)
    for rank in range(1, 9):
        again = np.column_stack([design[:, 0], order[rank][clusters], design[:, 2]])
        assert deals.drawn[rank] == pytest.approx(np.linalg.lstsq(again, outcome, rcond=None)[0][1])


def test_deals_stay_in_their_strata():
    strata = np.repeat(["b", "a", "c", "d"], 5)
    dose = (np.arange(20) % 5 == 0).astype(float)
    dealt = _dealt(dose, 1, 200, strata)
    assert all((dealt[:, strata == code].sum(axis=1) == 1).all() for code in "abcd")
    assert dealt.mean(axis=0) == pytest.approx(np.full(20, 0.2), abs=0.1)
    matched = randomisation_test(np.arange(20.0) + 30 * dose, dose, seed=1, draws=999, strata=strata)
    assert matched.p_value < 0.02


def test_weights_count_a_cluster_as_often():
    outcome, design, clusters = draw(16, 0.5, np.full(12, 6), 6)
    twice = np.concatenate([np.arange(72), np.flatnonzero(clusters % 2 == 0)])
    weighted = infer(outcome, design, clusters, 1, seed=3, draws=499, weights=np.where(clusters % 2 == 0, 2.0, 1.0))
    repeated = infer(outcome[twice], design[twice], clusters[twice], 1, seed=3, draws=499)
    assert weighted.to_frame().drop(columns="method").to_numpy(float) == pytest.approx(
        repeated.to_frame().drop(columns="method").to_numpy(float))


def test_the_sentence_tells_clusters_and_test():
    found = infer(*draw(8, 0.5, np.full(20, 8), 10), 1, seed=9, draws=499)
    assert "10\u00a0grappes traitées sur 20" in found.explain() and "bootstrap sauvage" in found.explain()
    assert found.plot() is not None


def test_what_cannot_be_estimated_says_why():
    outcome, design, clusters = draw(12, 0.0, np.full(20, 8), 10)
    hole = infer(np.where(clusters == 1, np.nan, outcome), design, clusters, 1, seed=1)
    nothing = infer(outcome[:0], design[:0], clusters[:0], 1, seed=1)
    one = infer(outcome, design, np.zeros_like(clusters), 1, seed=1)
    colinear = infer(outcome, np.column_stack([design, design[:, 1]]), clusters, 1, seed=1)
    everyone = infer(outcome, design[:, :1], clusters, 0, seed=1)
    assert [type(found) for found in (hole, nothing, one, colinear)] == [NotEstimable] * 4
    unnamed, flat = np.where(clusters == 1, None, clusters), np.ones_like(outcome)
    assert all(isinstance(infer(*case, 1, seed=1), NotEstimable)
               for case in ((outcome, design, unnamed), (flat, design, clusters)))
    alone = infer(*draw(13, 0.0, np.full(20, 8), 1), 1, seed=1)
    assert alone.standard_error is None and alone.p_value >= 1 / 20 and everyone.method == "wild_bootstrap"


def test_calls_that_cannot_be_right_stop():
    outcome, design, clusters = draw(12, 0.0, np.full(20, 8), 10)
    for case, options in (((outcome[1:], design, clusters, 1), {}), ((outcome, design, clusters, 2), {}),
                          ((outcome, design, clusters, 1), {"draws": 0})):
        with pytest.raises(UserError):
            infer(*case, seed=1, **options)
    for treated, strata in (([2, 0, 0], None), ([1, np.nan, 0], None), ([1, 0, 0], np.zeros(2))):
        with pytest.raises(UserError):
            randomisation_test(np.arange(3.0), np.array(treated), seed=1, strata=strata)


def test_randomisation_over_all_deals_is_exact():
    found = randomisation_test(np.array([9.0, 0, 1, 2, 3, 4]), np.array([1, 0, 0, 0, 0, 0]), seed=1)
    assert found.estimate == pytest.approx(7) and found.p_value == pytest.approx(1 / 6) and found.low == -np.inf


def test_darwin_s_pairs_are_dealt_in_all_their_ways():
    """Fisher (1935, section 21): 15 pairs of crossed and self-fertilised maize, 1,726 of the 32,768 deals as far."""
    crossed = [23.5, 12, 21, 22, 19.125, 21.5, 22.125, 20.375, 18.25, 21.625, 23.25, 21, 22.125, 23, 12]
    selfed = [17.375, 20.375, 20, 20, 18.375, 18.625, 18.625, 15.25, 16.5, 18, 16.25, 18, 12.75, 15.5, 18]
    found = randomisation_test(np.array(crossed + selfed), np.repeat([1, 0], 15), seed=1, draws=32_768,
                               strata=np.tile(np.arange(15), 2))
    assert found.estimate == pytest.approx(2.6167, abs=5e-5) and found.p_value == 1_726 / 32_768


def test_strata_of_all_sizes_are_dealt_once_each_way():
    dose = np.array([1.0, 0, 0, 1, 1, 0, 0, 0])
    deals = _dealt(dose, 1, 999, np.array(list("aaabbbcc")))
    assert len(deals) == len(np.unique(deals, axis=0)) == 9 and (deals.sum(axis=1) == 3).all()
    assert (deals[:, :3].sum(axis=1) == 1).all() and not deals[:, 6:].any()


def test_randomisation_by_draws_keeps_the_level():
    random = np.random.default_rng(14)
    treated = np.arange(39) < 4
    rejected = [randomisation_test(random.normal(size=39), treated, seed=n, draws=199).p_value < 0.05
                for n in range(200)]
    assert np.mean(rejected) < 0.10


def test_all_signs_give_the_p_value_of_wildboottest():
    """Ten clusters, every one of the 1,024 sign patterns."""
    from wildboottest import wildboottest as rival

    outcome, design, clusters = draw(17, 0.6, np.arange(6, 16), 5)
    other = rival.WildboottestCL(X=design, Y=outcome, cluster=clusters, R=np.array([0, 1]), B=9_999, seed=1)
    other.get_scores(bootstrap_type="11", impose_null=True)
    other.get_weights(weights_type="rademacher")
    for step in (other.get_numer, other.get_denom, other.get_tboot, other.get_vcov, other.get_tstat):
        step()
    other.get_pvalue(pval_type="two-tailed")
    signs = cluster_weights(10, webb=False, seed=1, draws=9_999)
    ours = WildBootstrap(ClusteredFit.of(outcome, design, clusters, 1), signs)
    assert len(ours.weights) == 1_024
    assert ours.p_value() == pytest.approx(float(np.ravel(other.pvalue)[0]), abs=3 / 1_024)
