# SPDX-License-Identifier: MIT OR Apache-2.0
# Sourced by the scripts of this folder: finds go and cargo where their installers put them, for shells that read no
# profile, and says how this machine becomes root.
command -v go >/dev/null || PATH=$PATH:/usr/local/go/bin
command -v cargo >/dev/null || PATH=$PATH:$HOME/.cargo/bin
export PATH
as_root=()
if [ "$(id -u)" -ne 0 ]; then as_root=(sudo); fi
