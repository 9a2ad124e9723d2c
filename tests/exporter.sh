# Sourced by the scripts that need a running exporter: starts one on a free port in an empty folder, and stops all that it
# started.

exporters=()

# start_exporter BINARY FOLDER ARGUMENT…: sets `url`, as soon as the log has the line `… listening on http://ADDRESS …`.
start_exporter() {
  local binary=$1 folder=$2 deadline=$((SECONDS + 30)) address
  shift 2
  mkdir -p "$folder"
  : >"$folder/log" # read before the exporter has written anything
  (cd "$folder" && exec "$binary" serve --listen 127.0.0.1:0 "$@") 2>"$folder/log" >/dev/null </dev/null &
  exporters+=($!)
  while ((SECONDS < deadline)) && kill -0 "${exporters[-1]}" 2>/dev/null; do
    address=$(sed -n 's/.*listening on http:\/\/\([0-9.]*:[0-9]*\).*/\1/p' "$folder/log" | head -n 1)
    if [ -n "$address" ]; then
      url=http://$address
      return
    fi
    sleep 0.05
  done
  echo 'the exporter does not listen:' >&2
  cat "$folder/log" >&2
  return 1
}

stop_exporters() {
  ((${#exporters[@]} > 0)) || return 0
  kill "${exporters[@]}" 2>/dev/null || true
  wait "${exporters[@]}" 2>/dev/null || true
}

# The folder that cargo builds into.
target_directory() {
  cargo metadata --format-version 1 --no-deps --locked | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p'
}
