{{- define "shadowfarm.name" -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{- define "shadowfarm.selector" -}}
app.kubernetes.io/name: shadowfarm
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "shadowfarm.labels" -}}
{{ include "shadowfarm.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* A pod's annotations, security and volumes, the same for every part. */}}
{{- define "shadowfarm.annotations" -}}
{{- if .Values.metricsPort -}}
prometheus.io/scrape: "true"
prometheus.io/port: {{ .Values.metricsPort | quote }}
{{- end }}
{{- end }}

{{- define "shadowfarm.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
volumes:
  - { name: tmp, emptyDir: { sizeLimit: 1Gi } } # compiled TypeScript
  - { name: home, emptyDir: { sizeLimit: {{ .Values.cacheSize }} } }
  - name: secrets
    projected:
      defaultMode: 0440
      sources:
        - secret:
            name: {{ .Values.database.secret }}
            items: [{ key: {{ .Values.database.key }}, path: database-url }]
        {{- with .Values.redis }}{{ if .secret }}
        - secret:
            name: {{ .secret }}
            items:
              - { key: {{ .key }}, path: redis-url }
              {{- range .files }}
              - { key: {{ . }}, path: redis/{{ . }} }
              {{- end }}
        {{- end }}{{ end }}
        {{- with .Values.artifacts.s3 }}{{ if .secret }}
        - secret:
            name: {{ .secret }}
            items:
              - { key: {{ .accessKey }}, path: s3-access-key }
              - { key: {{ .secretKey }}, path: s3-secret-key }
        {{- end }}{{ end }}
  {{- with .Values.artifacts.claim }}
  - { name: artifacts, persistentVolumeClaim: { claimName: {{ . }} } }
  {{- end }}
  {{- with .Values.datasets.claim }}
  - { name: datasets, persistentVolumeClaim: { claimName: {{ . }}, readOnly: true } }
  {{- end }}
{{- end }}

{{/* What every container has; it is given the root context. */}}
{{- define "shadowfarm.container" -}}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
volumeMounts:
  - { name: tmp, mountPath: /tmp }
  - { name: home, mountPath: /var/lib/shadowfarm }
  - { name: secrets, mountPath: /run/secrets/shadowfarm, readOnly: true }
  {{- if .Values.artifacts.claim }}
  - { name: artifacts, mountPath: /artifacts }
  {{- end }}
  {{- if .Values.datasets.claim }}
  - { name: datasets, mountPath: /datasets, readOnly: true }
  {{- end }}
{{- end }}

{{- define "shadowfarm.env" -}}
- { name: DATABASE_URL_FILE, value: /run/secrets/shadowfarm/database-url }
{{- if .Values.redis.secret }}
- { name: REDIS_URL_FILE, value: /run/secrets/shadowfarm/redis-url }
{{- end }}
{{- if .Values.artifacts.claim }}
- { name: SHADOWFARM_ARTIFACTS, value: /artifacts }
{{- else }}
{{- with .Values.artifacts.s3 }}
- { name: SHADOWFARM_ARTIFACTS, value: {{ required "give artifacts.s3.url or artifacts.claim: pods share no disk" .url | quote }} }
{{- with .endpoint }}
- { name: SHADOWFARM_S3_ENDPOINT, value: {{ . | quote }} }
{{- end }}
{{- with .region }}
- { name: SHADOWFARM_S3_REGION, value: {{ . | quote }} }
{{- end }}
{{- if .secret }}
- { name: SHADOWFARM_S3_ACCESS_KEY_FILE, value: /run/secrets/shadowfarm/s3-access-key }
- { name: SHADOWFARM_S3_SECRET_KEY_FILE, value: /run/secrets/shadowfarm/s3-secret-key }
{{- end }}
{{- end }}
{{- end }}
{{- if .Values.datasets.claim }}
- { name: SHADOWFARM_DATASETS, value: /datasets }
{{- end }}
{{- with .Values.traces.endpoint }}
- { name: OTEL_EXPORTER_OTLP_ENDPOINT, value: {{ . | quote }} }
{{- end }}
- { name: SHADOWFARM_LOG_LEVEL, value: {{ .Values.logLevel }} }
{{- end }}

{{/* The metrics port and its probes, if it is served. A worker computes in children, so its own event loop always answers. */}}
{{- define "shadowfarm.metrics" -}}
{{- if .Values.metricsPort -}}
ports: [{ name: metrics, containerPort: {{ .Values.metricsPort }} }]
startupProbe: { httpGet: { path: /healthz, port: metrics }, periodSeconds: 5, failureThreshold: 60 }
livenessProbe: { httpGet: { path: /healthz, port: metrics }, periodSeconds: 20, timeoutSeconds: 10, failureThreshold: 6 }
{{- end }}
{{- end }}
