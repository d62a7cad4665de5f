{{ define "x" }}
  {{ if not .Values.a }}{{ fail (printf "set a, not %q" "b") }}{{ end }}{{ end }}