// Command decode reads Kubernetes manifests from standard input and decodes each into the type that
// Kubernetes or the Prometheus Operator has for it. A key that the type does not have, a value of
// another type and a kind that the chart does not make are errors. Unlike a cluster it takes a few
// milliseconds, and it is a module of its own because nothing else here needs those types.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	strict "sigs.k8s.io/yaml"
)

// kinds are what the chart makes.
var kinds = map[string]func() runtime.Object{
	"v1/ConfigMap":                            func() runtime.Object { return new(corev1.ConfigMap) },
	"v1/Service":                              func() runtime.Object { return new(corev1.Service) },
	"apps/v1/Deployment":                      func() runtime.Object { return new(appsv1.Deployment) },
	"networking.k8s.io/v1/NetworkPolicy":      func() runtime.Object { return new(networkingv1.NetworkPolicy) },
	"policy/v1/PodDisruptionBudget":           func() runtime.Object { return new(policyv1.PodDisruptionBudget) },
	"monitoring.coreos.com/v1/ServiceMonitor": func() runtime.Object { return new(monitoringv1.ServiceMonitor) },
	"monitoring.coreos.com/v1/PrometheusRule": func() runtime.Object { return new(monitoringv1.PrometheusRule) },
}

func main() {
	n, err := decode(os.Stdin)
	if err == nil && n == 0 {
		err = errors.New("standard input has no manifests: pipe `helm template` into it")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "decode:", err)
		os.Exit(1)
	}
	fmt.Println(n, "manifests")
}

// decode returns how many manifests it decoded. Its error names each that it could not.
func decode(in io.Reader) (n int, err error) {
	documents := yaml.NewYAMLReader(bufio.NewReader(in))
	for {
		document, readErr := documents.Read()
		if errors.Is(readErr, io.EOF) {
			return n, err
		}
		if readErr != nil {
			return n, errors.Join(err, readErr)
		}
		if len(bytes.TrimSpace(document)) == 0 {
			continue
		}
		n++
		err = errors.Join(err, decodeOne(document))
	}
}

func decodeOne(document []byte) error {
	var is metav1.TypeMeta
	if err := strict.Unmarshal(document, &is); err != nil {
		return fmt.Errorf("%w in\n%s", err, document)
	}
	made, known := kinds[is.APIVersion+"/"+is.Kind]
	if !known {
		return fmt.Errorf("%s/%s is no kind of the chart's: add it to kinds", is.APIVersion, is.Kind)
	}
	if err := strict.UnmarshalStrict(document, made()); err != nil {
		return fmt.Errorf("%s: %w", is.Kind, err)
	}
	return nil
}
