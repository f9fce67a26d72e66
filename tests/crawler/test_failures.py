from crawler.failures import ERRORS_KEPT, TRIES_KEPT, Failures


def test_the_last_error_of_what_failed_to_the_end_is_kept():
    failures = Failures(retries=2)
    failures.note("a", "status 500")
    failures.note("b", "status 500")
    failures.note("a", "status 503")
    assert failures.tries("a") == 2
    failures.note("b", None)
    assert failures.errors == {"a": "status 503"}
    assert failures.count == 1
    assert failures.tries("b") == 0


def test_after_its_last_retry_a_url_is_tried_anew():
    failures = Failures(retries=1)
    failures.note("a", "status 500")
    assert failures.tries("a") == 1
    failures.note("a", "status 500")
    assert failures.tries("a") == 0
    assert failures.count == 1


def test_a_run_of_months_keeps_the_newest_errors_and_counts_the_rest():
    failures = Failures(retries=2)
    for number in range(ERRORS_KEPT * 2):
        failures.note(str(number), "no answer")
        failures.note(str(number), "no answer")
        failures.note(str(number), "no answer")
    assert len(failures.errors) == ERRORS_KEPT
    assert str(ERRORS_KEPT * 2 - 1) in failures.errors
    assert failures.count == ERRORS_KEPT * 2


def test_what_is_never_due_again_is_forgotten():
    failures = Failures(retries=2)
    for number in range(TRIES_KEPT + 10):
        failures.note(str(number), "its answer was cut")
    assert failures.tries("0") == 0
    assert failures.tries(str(TRIES_KEPT + 9)) == 1
