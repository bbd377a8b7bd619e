#!/bin/sh
# Runs a program with each variable NAME_FILE that names a file below /secrets replaced by NAME, set
# to the contents of that file.
set -eu
for name in $(env | sed -n 's/^\([A-Z][A-Z0-9_]*\)_FILE=\/secrets\/.*/\1/p'); do
  eval "file=\$${name}_FILE"
  value=$(cat "$file")
  export "$name=$value"
  unset "${name}_FILE"
done
exec "$@"
