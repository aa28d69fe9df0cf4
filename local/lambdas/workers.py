"""Lambda execution environments: the process of a function, its variables and its files."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import eventbridge, lambda_svc

from local import request_counts
from local.lambdas.layout import lay_runtime, put_paths, search_path, unpack
from local.settings import Settings

logger = logging.getLogger("local.lambdas.workers")

BOOTSTRAP = Path(__file__).with_name("bootstrap.py")


class Environment(lambda_runtime.Worker):  # type: ignore[misc]  # ministack is not typed
    """One execution environment; ministack leases it, invokes it and ends it."""

    folder: Path
    endpoint: str

    def _spawn(self) -> None:
        """Start the process and wait until the handler is imported.

        Raises RuntimeError with what the function wrote if that fails.
        """
        code = unpack(self.folder / "functions", [self.code_zip])
        layers = [lambda_svc._resolve_layer_zip(layer) for layer in self.config.get("Layers") or ()]
        opt = unpack(self.folder / "layers", [layer for layer in layers if layer])
        process = subprocess.Popen(  # noqa: S603 - our own interpreter on our own bootstrap
            [sys.executable, "-I", "-S", BOOTSTRAP, *search_path(code, opt, self.folder / "runtime")],
            cwd=code,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            bufsize=1,
            env=self._variables(code, opt),
        )
        self._proc = process
        threading.Thread(target=self._read_stderr, daemon=True).start()
        assert process.stdout is not None  # asked for, two lines up
        told = json.loads(process.stdout.readline() or '{"error": "the process ended before it began"}')
        if told.get("status") != "ready":
            raise RuntimeError(f"{self.func_name}: {told['error']}\n{self._drain_stderr_bounded()}")

    def _variables(self, code: Path, opt: Path) -> dict[str, str]:
        """The variables that Lambda and the template set, and nothing of this machine."""
        _, region = lambda_runtime._account_region_from_function_config(self.config)
        name = self.config["FunctionName"]
        logged = self.config.get("LoggingConfig") or {}
        wanted = (self.config.get("Environment") or {}).get("Variables") or {}
        return {
            **{key: put_paths(value, code, opt) for key, value in wanted.items()},
            **lambda_runtime.execution_credentials(self.config),
            "_HANDLER": self.config["Handler"],
            "AWS_DEFAULT_REGION": region,
            "AWS_REGION": region,
            "AWS_ENDPOINT_URL": self.endpoint,  # the one variable that Lambda would not set
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.config.get('Runtime')}",
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": self.config.get("Version", "$LATEST"),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.config.get("MemorySize", 128)),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_FORMAT": logged.get("LogFormat", "Text"),
            "AWS_LAMBDA_LOG_GROUP_NAME": logged.get("LogGroup", f"/aws/lambda/{name}"),
            "AWS_LAMBDA_LOG_STREAM_NAME": uuid.uuid4().hex,
            "LAMBDA_TASK_ROOT": str(code),
            "LOCAL_AWS_OPT": str(opt),
            "LANG": "en_US.UTF-8",
            "PATH": os.defpath,
            "TZ": ":UTC",
        }


def invoke_later(arn: str, payload: str) -> None:
    """Invoke an EventBridge target: asynchronously, with Lambda's two retries and dead-letter queue."""
    function, config, name = lambda_svc._get_func_record_for_ref(arn)
    if function and config:
        record = lambda_svc._execution_record_for_config(function, config)
        lambda_svc.invoke_async_with_retry(record, json.loads(payload))
    else:
        logger.warning("a rule's target %s is no function", name)


def install(settings: Settings) -> None:
    """Have ministack start our execution environments, a limited number at a time."""
    eventbridge._dispatch_to_lambda = invoke_later
    Environment.folder, Environment.endpoint = settings.folder, settings.endpoint
    lay_runtime(settings.folder / "runtime")
    lambda_runtime._worker_class_for = lambda _config: Environment
    gate = threading.BoundedSemaphore(settings.workers)
    dispatch = lambda_svc._execute_function_dispatch

    def in_turn(func: Mapping[str, Any], config: Mapping[str, Any], *rest: Any) -> Any:
        request_counts.add(f"lambda:Invoke {config['FunctionName']}")
        with gate:
            return dispatch(func, config, *rest)

    lambda_svc._execute_function_dispatch = in_turn
