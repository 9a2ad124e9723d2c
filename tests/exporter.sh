# Sourced by the scripts that need a running exporter: starts one on a free port in an empty folder, and stops it.

exporter=
exporter_log=

# start_exporter BINARY FOLDER ARGUMENT…: sets `url`, as soon as the log has the line `… listening on http://ADDRESS …`.
start_exporter() {
  local binary=$1 folder=$2 deadline=$((SECONDS + 30)) address
  shift 2
  exporter_log=$folder/log
  (cd "$folder" && exec "$binary" serve --listen 127.0.0.1:0 "$@") 2>"$exporter_log" >/dev/null </dev/null &
  exporter=$!
  while ((SECONDS < deadline)) && kill -0 "$exporter" 2>/dev/null; do
    address=$(sed -n 's/.*listening on http:\/\/\([0-9.]*:[0-9]*\).*/\1/p' "$exporter_log" | head -n 1)
    if [ -n "$address" ]; then
      url=http://$address
      return
    fi
    sleep 0.05
  done
  echo 'the exporter does not listen:' >&2
  cat "$exporter_log" >&2
  return 1
}

stop_exporter() {
  [ -n "$exporter" ] || return 0
  kill "$exporter" 2>/dev/null || true
  wait "$exporter" 2>/dev/null || true
}

# The folder that cargo builds into.
target_directory() {
  cargo metadata --format-version 1 --no-deps --locked | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p'
}
