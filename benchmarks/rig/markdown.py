"""The lines that the last runs have kept, as a table for docs/performance.md: `python -m benchmarks.rig.markdown`."""

import json

from benchmarks.rig import table

if __name__ == "__main__":
    print("| work | measured | target | | load |\n|---|---|---|---|---|")
    for path in sorted(table.RESULTS.glob("*.json")):
        kept = json.loads(path.read_text())
        for line in kept["lines"] if path.stem != "summary" else ():
            print(f"| {' | '.join(table.Line(**line).cells())} | {kept['load']:.1f} |")
