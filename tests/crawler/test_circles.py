from crawler.circles import Circles


def test_a_circle_is_told_wherever_it_closes():
    circles = Circles()
    assert circles.close("a", "b") is None
    assert circles.close("b", "c") is None
    assert circles.close("c", "b") == "redirects in a circle: b to c to b"
    assert circles.close("x", "x") == "redirects in a circle: x to x"


def test_a_way_into_a_circle_is_told_by_the_circle():
    circles = Circles()
    assert circles.close("b", "c") is None
    assert circles.close("start", "b") is None
    assert circles.close("c", "b") == "redirects in a circle: b to c to b"
    circles.close("b", "c")
    circles._leads_to["c"] = "b"
    assert circles.close("start", "b") == "redirects in a circle: b to c to b"


def test_each_visit_finds_out_for_itself():
    circles = Circles()
    for _ in range(3):
        assert circles.close("a", "b") is None
        assert circles.close("b", "a") == "redirects in a circle: a to b to a"


def test_what_no_longer_redirects_closes_no_circle():
    circles = Circles()
    assert circles.close("a", "b") is None
    circles.forget("a")
    assert circles.close("b", "a") is None


def test_two_ways_to_one_place_are_no_circle():
    circles = Circles()
    for start in ("a", "b", "a", "b"):
        assert circles.close(start, "c") is None
        assert circles.close("c", "d") is None
    assert circles.close("d", "e") is None


def test_what_is_remembered_is_bounded():
    circles = Circles()
    for number in range(30_000):
        assert circles.close(f"/{number}/", f"/{number}") is None
    assert len(circles._leads_to) == 10_000
