{{- define "ampost.labels" -}}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "ampost.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .process }}
{{- end }}

{{- /* A deployment of one kind of process: root, process, port, replicas, resources and ready, the path that says so. */ -}}
{{- define "ampost.deployment" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .root.Release.Name }}-{{ .process }}
  labels:
    {{- include "ampost.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .process }}
spec:
  replicas: {{ .replicas }}
  selector:
    matchLabels:
      {{- include "ampost.selector" . | nindent 6 }}
  strategy:
    rollingUpdate:
      maxSurge: 1
      maxUnavailable: 0
  template:
    metadata:
      labels:
        {{- include "ampost.selector" . | nindent 8 }}
      annotations:
        checksum/env: {{ include (print .root.Template.BasePath "/config.yaml") .root | sha256sum }}
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ .root.Values.terminationGracePeriodSeconds }}
      {{- with .root.Values.image.pullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        runAsGroup: 10001
        fsGroup: 10001
        seccompProfile:
          type: RuntimeDefault
      containers:
        - name: {{ .process }}
          image: "{{ .root.Values.image.repository }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}"
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          args: [{{ .process }}]
          envFrom:
            - configMapRef:
                name: {{ .root.Release.Name }}
            - secretRef:
                name: {{ .root.Values.existingSecret }}
          ports:
            - name: http
              containerPort: {{ .port }}
          startupProbe:
            httpGet: { path: {{ .ready }}, port: http }
            periodSeconds: 2
            failureThreshold: 150
          readinessProbe:
            httpGet: { path: {{ .ready }}, port: http }
            periodSeconds: 2
            timeoutSeconds: 5
            failureThreshold: 1
          livenessProbe:
            httpGet: { path: {{ .alive }}, port: http }
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 6
          resources:
            {{- toYaml .resources | nindent 12 }}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
          volumeMounts:
            - name: data
              mountPath: /data
            - name: tmp
              mountPath: /tmp
      volumes:
        - name: data
          emptyDir: {}
        - name: tmp
          emptyDir: {}
{{- end }}

{{- define "ampost.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ .root.Release.Name }}-{{ .process }}
  labels:
    {{- include "ampost.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .process }}
spec:
  selector:
    {{- include "ampost.selector" . | nindent 4 }}
  ports:
    - name: http
      port: {{ .port }}
      targetPort: http
{{- end }}

{{- /* Keeps at least one process while nodes are drained. */ -}}
{{- define "ampost.disruptionBudget" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .root.Release.Name }}-{{ .process }}
  labels:
    {{- include "ampost.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .process }}
spec:
  maxUnavailable: 1
  selector:
    matchLabels:
      {{- include "ampost.selector" . | nindent 6 }}
{{- end }}
