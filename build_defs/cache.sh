# SPDX-License-Identifier: MIT OR Apache-2.0
# Sourced by go.sh and cargo.sh. Bazel's sandbox leaves /tmp writable, so what cargo and go compiled is kept there from
# one run to the next; the folder belongs to this user alone.

dry_cache=${DRY_CACHE:-/tmp/drystone-cache-$(id -u)}
mkdir -p -m 700 "$dry_cache"
if [ ! -O "$dry_cache" ]; then
  echo "$dry_cache belongs to someone else; name another folder in DRY_CACHE" >&2
  exit 1
fi

# mirror DEST PATH...: makes DEST hold the files of PATH... and no others. A file with equal contents keeps its date, and
# a changed one gets the present: cargo decides by dates, and those of a checkout say nothing about what was built here.
mirror() {
  local dest=$1 file
  shift
  mkdir -p "$dest"
  find -L "$@" -type f | LC_ALL=C sort -u >"$dest/../mirror.new"
  while IFS= read -r file; do
    if ! cmp -s "$file" "$dest/$file"; then
      mkdir -p "$dest/$(dirname "$file")"
      cp -fL --no-preserve=timestamps "$file" "$dest/$file"
      chmod u+w "$dest/$file"
    fi
  done <"$dest/../mirror.new"
  (cd "$dest" && find . -type f | sed 's#^\./##' | LC_ALL=C sort) | LC_ALL=C comm -23 - "$dest/../mirror.new" |
    while IFS= read -r file; do rm -f "$dest/$file"; done
  rm -f "$dest/../mirror.new"
}
