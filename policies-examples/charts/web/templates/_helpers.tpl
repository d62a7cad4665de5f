{{- define "web.labels" -}}
app: {{ .Release.Name }}
part: {{ .Chart.Name }}
{{- end }}
