"""Runs the LiteLLM proxy; takes the proxy's own arguments. Ends when its standard input does."""

import gc
import os
import threading

from litellm.proxy.proxy_cli import run_server


def die_with_parent():
    while os.read(0, 4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    # Before Python 3.12 the proxy now and then dies of a segmentation fault when the garbage collector runs while a
    # context variable is being set. It lives for a minute here and can do without collecting.
    gc.disable()
    threading.Thread(target=die_with_parent, daemon=True).start()
    run_server()
