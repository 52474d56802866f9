# SPDX-License-Identifier: Apache-2.0
"""``python -m regressions.slang OPTIONS FILES``: slang's own command line, which its Python package lacks."""

import sys

from pyslang import driver


def main(arguments: list[str]) -> int:
    """Parse, elaborate and analyse as ``slang`` would; findings go to stderr. Return 1 if one is an error."""
    slang = driver.Driver()
    slang.addStandardArgs()
    # Arguments are split at spaces as in a shell; none of ours holds one.
    if not slang.parseCommandLine(" ".join(["slang", *arguments])) or not slang.processOptions():
        return 2
    read = slang.parseAllSources()
    compilation = slang.createCompilation()
    slang.reportCompilation(compilation, True)
    slang.runAnalysis(compilation)
    return 0 if slang.reportDiagnostics(True) and read else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
