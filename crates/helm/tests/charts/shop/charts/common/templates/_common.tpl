{{/* A value that may be text with templates or a structure with them. */}}
{{- define "common.tplvalues" -}}
{{- $value := typeIs "string" .value | ternary .value (.value | toYaml) -}}
{{- if contains "{{" (toJson .value) -}}
{{- tpl $value .context -}}
{{- else -}}
{{- $value -}}
{{- end -}}
{{- end -}}

{{- define "common.annotations" -}}
{{- $all := dict -}}
{{- range $source := list .context.Values.commonAnnotations .own -}}
{{- $all = mergeOverwrite $all (deepCopy ($source | default (dict))) -}}
{{- end -}}
{{- $_ := set $all "example.com/merged" (len (keys $all) | toString) -}}
{{- toYaml $all -}}
{{- end -}}
