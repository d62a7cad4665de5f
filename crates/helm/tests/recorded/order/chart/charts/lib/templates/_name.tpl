{{ define "lib.name" }}lib-{{ .Release.Name }}{{ end }}
