"""Programs that the engine compiles and that bring down, or hold up for ever, the process they run in."""

ABORTS = ".b = length(string!(.message) * 10000000000)"
TAKES_MEMORY = "s = string!(.message)\nfor_each([" + ",".join("1" * 32) + "]) -> |_i, _v| { s = s + s }\n.message = s"


def never_ending(levels=9):
    """Return nested loops of 10 rounds each: a thousand million rounds in all."""
    inner = ".z = 1"
    for level in range(levels):
        inner = f"for_each(x) -> |_i, _v{level}| {{ {inner} }}"
    return f"x = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\n{inner}"


NEVER_ENDS = never_ending()
HARMFUL = {"aborts": ABORTS, "takes memory": TAKES_MEMORY, "never ends": NEVER_ENDS}
