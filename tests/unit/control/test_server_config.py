"""The section ``serve``."""

import pytest

from stream_v2m.cli.settings import to_toml
from stream_v2m.config import Config
from stream_v2m.core.errors import ConfigError

pytestmark = pytest.mark.unit


def test_the_token_is_never_written_out_again():
    config = Config.load([], ['serve.token="correct-horse"'])
    assert config.serve.token is not None
    assert config.serve.token.get_secret_value() == "correct-horse"
    assert "correct-horse" not in to_toml(config) + config.model_dump_json() + repr(config)
    assert "port = 8787" in to_toml(config)


@pytest.mark.parametrize(
    "settings",
    [
        ["serve.port=70000"],
        ['serve.tls_cert="a.pem"'],
        ['serve.tls_cert="a.pem"', 'serve.tls_key="b.pem"', "serve.tls_self_signed=true"],
        ["serve.max_clients=0"],
    ],
)
def test_what_does_not_go_together_is_refused(settings):
    with pytest.raises(ConfigError):
        Config.load([], settings)
