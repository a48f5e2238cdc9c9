# SPDX-License-Identifier: MIT OR Apache-2.0
"""SWIG to JNI: one .i file gives NAME_wrap.c and NAME.srcjar."""

def swig_java(name, interface, package, hdrs, include = "c/include", visibility = None):
    """Runs SWIG and packs its Java files.

    Args:
      name: of the rule, and the stem of its two outputs.
      interface: the .i file.
      package: Java package of the generated classes.
      hdrs: labels of the headers that the interface reads.
      include: where SWIG looks for them.
      visibility: as usual.
    """
    native.genrule(
        name = name,
        srcs = [interface] + hdrs,
        outs = [
            name + "_wrap.c",
            name + ".srcjar",
        ],
        # SWIG has no pragma for a package-private interface of constants, hence the sed. Fixed dates and a sorted
        # list make the archive the same bytes every time.
        cmd = """
set -eu
T=$$(mktemp -d); trap 'rm -rf $$T' EXIT
mkdir -p $$T/{dir}
swig -java -package {package} -outdir $$T/{dir} -I{include} -o $(location {name}_wrap.c) $(location {interface})
sed -i 's/^public interface/interface/' $$T/{dir}/*.java
find $$T -exec touch -d @315532800 {{}} +
(cd $$T && find . -name '*.java' | LC_ALL=C sort | TZ=UTC zip -q -X -@ out.zip)
cp $$T/out.zip $(location {name}.srcjar)
""".format(dir = package.replace(".", "/"), include = include, interface = interface, name = name, package = package),
        visibility = visibility,
    )
