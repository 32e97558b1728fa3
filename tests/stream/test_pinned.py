import pytest

from daykeel.stream.transport.pinned import ON_KAFKA, OtherVersion, check_kafka


def test_the_stream_on_kafka_fits_what_is_installed():
    check_kafka()


@pytest.mark.parametrize("name", ON_KAFKA)
def test_on_kafka_another_version_is_refused_by_name(name):
    with pytest.raises(OtherVersion, match=f"{name} .* not 99"):
        check_kafka(lambda one: "99" if one == name else ON_KAFKA[one])
