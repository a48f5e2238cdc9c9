# SPDX-License-Identifier: MIT OR Apache-2.0
"""Small Java rules over the local JDK.

Debian's Bazel ships no javabuilder, so native java_library cannot run offline.
These call javac and jar of @local_jdk (JAVA_HOME, else the javac on PATH).
"""

DryJarInfo = provider(fields = {"jars": "depset of the jars to compile against and to run with"})

def _jar_impl(ctx):
    jdk = ctx.attr._jdk[java_common.JavaRuntimeInfo]
    deps = depset(ctx.files.jars, transitive = [d[DryJarInfo].jars for d in ctx.attr.deps])
    cp = ":".join([f.path for f in deps.to_list()])
    sh = [
        "set -eu",
        "J=$PWD/%s/bin" % jdk.java_home,
        "T=$(mktemp -d)",
        "trap 'rm -rf $T' EXIT",
        "mkdir -p $T/classes $T/gen",
    ]
    for z in ctx.files.srcjars:
        sh.append("unzip -q -d $T/gen %s" % z.path)
    path = ":".join([f.path for f in ctx.files.processors])

    # A processor's own notes on what it read are no warnings of ours.
    processing = "-processorpath %s -Xlint:all,-options,-processing" % path if path else "-proc:none -Xlint:all,-options"
    sh.append("$J/javac -J-XX:-UsePerfData --release %s -encoding UTF-8 %s -Werror %s -d $T/classes %s $(find $T/gen -name '*.java')" % (
        ctx.attr.release,
        processing,
        "-cp " + cp if cp else "",
        " ".join([f.path for f in ctx.files.srcs]),
    ))
    for target, where in ctx.attr.resources.items():
        for f in target.files.to_list():
            sh.append("mkdir -p $T/classes/%s && cp -L %s $T/classes/%s/" % (where, f.path, where))
    sh.append("printf '%%s\\n' %s > $T/mf" % " ".join(["'%s'" % l for l in ctx.attr.manifest]))

    # A fixed date makes the jar the same bytes every time.
    sh.append("(cd $T/classes && find . -type f | LC_ALL=C sort | sed 's#^./##') > $T/list")
    sh.append("(cd $T/classes && $J/jar -J-XX:-UsePerfData --create --manifest=$T/mf --date=1980-01-01T00:00:02Z --file $OLDPWD/%s @$T/list)" % ctx.outputs.jar.path)
    ctx.actions.run_shell(
        inputs = depset(
            ctx.files.srcs + ctx.files.srcjars + ctx.files.resources + ctx.files.processors,
            transitive = [deps, ctx.attr._jdk.files],
        ),
        outputs = [ctx.outputs.jar],
        command = "\n".join(sh),
        mnemonic = "DryJavac",
    )
    all_jars = depset([ctx.outputs.jar], transitive = [deps])
    return [
        DefaultInfo(files = depset([ctx.outputs.jar]), runfiles = ctx.runfiles(transitive_files = all_jars)),
        DryJarInfo(jars = all_jars),
    ]

dry_jar = rule(
    implementation = _jar_impl,
    doc = """Compiles srcs and srcjars into NAME.jar.

    resources maps a label to its folder inside the jar; processors are the jars of annotation processors.""",
    attrs = {
        "srcs": attr.label_list(allow_files = [".java"]),
        "srcjars": attr.label_list(allow_files = [".srcjar"]),
        "jars": attr.label_list(allow_files = [".jar"]),
        "deps": attr.label_list(providers = [DryJarInfo]),
        "resources": attr.label_keyed_string_dict(allow_files = True),
        "processors": attr.label_list(allow_files = [".jar"]),
        "manifest": attr.string_list(default = ["Manifest-Version: 1.0"]),
        "release": attr.string(default = "17"),
        "_jdk": attr.label(default = "@local_jdk//:jdk", providers = [java_common.JavaRuntimeInfo]),
    },
    outputs = {"jar": "%{name}.jar"},
)

def _binary_impl(ctx):
    jars = depset(transitive = [d[DryJarInfo].jars for d in ctx.attr.deps])
    script = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(script, is_executable = True, content = """#!/usr/bin/env bash
# Finds its jars beside itself, or in the runfiles of the test that started it.
set -euo pipefail
# Without it Java cannot even open a file whose name is not ASCII.
export LC_ALL=C.UTF-8
root=${RUNFILES_DIR:-}
if [ -d "$0.runfiles" ]; then root=$0.runfiles; fi
path=
for jar in %s; do path=$path${path:+:}$root/%s/$jar; done
java=${DRY_JAVA_HOME:+$DRY_JAVA_HOME/bin/}java
# Sandboxes share /tmp but not process numbers, and a clash over /tmp/hsperfdata_USER is reported on stdout.
flags=(-XX:-UsePerfData %s)
# From JDK 22 on System.loadLibrary warns unless this is given; 17 does not know it.
if "$java" -XX:-UsePerfData --enable-native-access=ALL-UNNAMED -version >/dev/null 2>&1; then flags+=(--enable-native-access=ALL-UNNAMED); fi
exec "$java" "${flags[@]}" -cp "$path" %s "$@"
""" % (
        " ".join([j.short_path for j in jars.to_list()]),
        ctx.workspace_name,
        " ".join(["'%s'" % f for f in ctx.attr.jvm_flags]),
        ctx.attr.main_class,
    ))
    return [DefaultInfo(
        executable = script,
        files = depset([script]),
        runfiles = ctx.runfiles(files = [script], transitive_files = jars),
    )]

dry_java_binary = rule(
    implementation = _binary_impl,
    doc = "A launcher script for main_class, with the jars of deps as its runfiles.",
    executable = True,
    attrs = {
        "deps": attr.label_list(providers = [DryJarInfo]),
        "jvm_flags": attr.string_list(),
        "main_class": attr.string(mandatory = True),
    },
)

def dry_junit_test(name, srcs, deps, size = "medium", tags = [], **kw):
    """Compiles srcs against JUnit 5 and runs them with its console launcher."""
    dry_jar(
        name = name + "_classes",
        testonly = True,
        srcs = srcs,
        jars = ["//third_party/jars:junit"],
        deps = deps,
    )
    native.sh_test(
        name = name,
        size = size,
        srcs = ["//build_defs:junit.sh"],
        args = ["$(location %s_classes)" % name],
        data = [name + "_classes"],
        tags = tags + ["block-network", "java", "nosan"],
        **kw
    )
