import py_compile

import pytest

from stacks.bundling.byte_code import compile_tree


def write(path, text="x = 1\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_byte_code_replaces_dependencies_and_joins_our_own(tmp_path):
    """A cold start would compile everything, or a traceback would show no line of ours."""
    write(tmp_path / "package" / "module.py")
    write(tmp_path / "single.py")
    write(tmp_path / "runtime" / "module.py")
    compile_tree(tmp_path, ("runtime",))
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()} == {
        "package/module.pyc",
        "single.pyc",
        "runtime/module.py",
        "runtime/__pycache__/module.cpython-313.pyc",
    }


def test_a_dependencys_template_that_is_no_python_stays(tmp_path):
    """One odd file of a dependency would end the build."""
    odd = write(tmp_path / "package" / "template.py", "class {{ name }}:\n")
    compile_tree(tmp_path, ("runtime",))
    assert odd.exists()


def test_our_own_broken_source_is_an_error(tmp_path):
    """A function that can't be imported would be deployed."""
    write(tmp_path / "runtime" / "module.py", "def broken(:\n")
    with pytest.raises(py_compile.PyCompileError):
        compile_tree(tmp_path, ("runtime",))
