# What the load tests share, to be sourced from the root of the repository: two loops that push to and scrape the exporter at
# $busy while a third party measures, and the table of what it found. The loops run only where the exporter and the probe leave
# time: in truth they are other machines.

. tests/exporter.sh

seconds_each=${SECONDS_EACH:-10}

require_commands() {
  local missing=() command
  for command in cargo chrt curl python3 wrk; do
    command -v "$command" >/dev/null || missing+=("$command")
  done
  ((${#missing[@]} == 0)) && return
  echo "missing: ${missing[*]} (Debian packages of the same names; cargo comes with rustup)" >&2
  exit 1
}

scratch=$(mktemp -d)
loops=()
stop() {
  stop_loops
  stop_exporters
  rm -rf "$scratch"
}
stop_loops() {
  touch "$scratch/stop"
  ((${#loops[@]} == 0)) || wait "${loops[@]}" || true
  loops=()
}
trap stop EXIT

push() {
  curl --silent --show-error --fail --max-time 60 --output /dev/null \
    --header 'Content-Type: application/json' --header 'Expect:' --data-binary "@$1" "$busy/ingest/litellm"
}

scrape() {
  curl --silent --show-error --fail --max-time 60 "$busy/metrics"
}

# Both loops note each round, and end when the file `stop` is there.
push_loop() { # PAUSE in seconds after each push
  local batch
  while true; do
    for batch in "$scratch"/events/*; do
      [ -e "$scratch/stop" ] && return
      push "$batch" && echo >>"$scratch/pushes"
      sleep "$1"
    done
  done
}

scrape_loop() {
  until [ -e "$scratch/stop" ]; do
    scrape >/dev/null && echo >>"$scratch/scrapes"
  done
}

# measure URL NAME: one row of the table, of the route $route.
measure() {
  local output p50 p99 max requests failed
  output=$(wrk --threads 1 --connections "$connections" --duration "${seconds_each}s" --latency \
    --script tests/load/probe.lua "$1$route")
  read -r _ p50 p99 max requests failed < <(grep '^probe ' <<<"$output")
  printf '| %-44s | %8s | %8s | %8s | %8s | %6s |\n' "$2" "$(milliseconds "$p50")" "$(milliseconds "$p99")" \
    "$(milliseconds "$max")" "$requests" "$failed" | tee -a "$scratch/table"
  ((failed == 0))
}

# measure_under_load URL NAME PAUSE: the same while others scrape and push.
measure_under_load() {
  rm -f "$scratch/stop"
  : >"$scratch/pushes" >"$scratch/scrapes"
  (chrt --idle --pid 0 "$BASHPID"; push_loop "$3") & loops+=($!)
  (chrt --idle --pid 0 "$BASHPID"; scrape_loop) & loops+=($!)
  measure "$1" "$2"
  stop_loops
  printf '%s scrapes and %s pushes of up to 512 events meanwhile\n' \
    "$(wc -l <"$scratch/scrapes")" "$(wc -l <"$scratch/pushes")" >>"$scratch/notes"
}

milliseconds() {
  awk -v microseconds="$1" 'BEGIN { printf "%.2f", microseconds / 1000 }'
}

# fill WANTED_LINES: pushes every event once; the lines of /metrics are in $lines then.
fill() {
  local batch
  for batch in "$scratch"/events/*; do push "$batch"; done
  scrape >"$scratch/metrics"
  lines=$(grep -vc '^#' "$scratch/metrics")
  ((lines >= $1)) && return
  echo "/metrics has $lines sample lines and not $1" >&2
  exit 1
}

# table_head: the machine, the load, and the first rows of the table of $route.
table_head() {
  local cpu
  cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
  printf '\n%s CPUs (%s), %s\n' "$(nproc)" "${cpu:-unknown model}" "$(uname -srm)"
  printf '%s sample lines, %s bytes; %s connections that pause 5 ms after each answer, %s s a row\n\n' \
    "$lines" "$(wc -c <"$scratch/metrics")" "$connections" "$seconds_each"
  printf '| %-44s | %8s | %8s | %8s | %8s | %6s |\n' "$1" 'p50 ms' 'p99 ms' 'max ms' 'requests' 'failed'
  printf '|---|--:|--:|--:|--:|--:|\n'
}
