#!/usr/bin/env python
"""Warroom's command line: `manage.py up` runs the product, `manage.py help` lists the rest."""

import gc
import os
import sys

SERVERS = {"up", "serve"}


def main() -> None:
    if SERVERS.intersection(sys.argv[1:2]):
        gc.disable()  # until `prepare`: what is imported is no garbage, and to look for some takes a seventh of a start
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as wrong:
        sys.exit(f"Wrong setting: {' '.join(str(wrong).split())}")
    except KeyboardInterrupt:  # while it was still starting
        sys.exit(130)


if __name__ == "__main__":
    main()
