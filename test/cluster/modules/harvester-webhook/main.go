// Harvester's own validating and mutating webhook, without the part that makes a
// certificate and registers itself: the bed does both, for its API server can only
// reach loopback. Its rules are written to a file, for whoever registers it.
//
// Which of its validators are in it, whole.go or some.go says: a build tag decides.
//
// It reads KUBECONFIG and says "ready" once it serves.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"reflect"
	"syscall"

	"github.com/harvester/harvester/pkg/webhook/clients"
	"github.com/harvester/harvester/pkg/webhook/config"
	"github.com/harvester/harvester/pkg/webhook/indexeres"
	"github.com/harvester/harvester/pkg/webhook/types"
	admission "k8s.io/api/admissionregistration/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

const workers = 2

func main() {
	listen := flag.String("listen", "", "address of the webhook")
	certificate := flag.String("certificate", "", "path of its certificate")
	key := flag.String("key", "", "path of the certificate's key")
	authority := flag.String("authority", "", "path of the API server's certificate")
	token := flag.String("token", "", "path of a file with a bearer token")
	rules := flag.String("rules", "", "where its rules are written")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()

	rest, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	check("kubeconfig", err)
	rest.QPS, rest.Burst = 200, 400
	// One of the validators wants both as files, as a pod has them.
	rest.BearerTokenFile, rest.TLSClientConfig.CAFile = *token, *authority

	all, err := newClients(ctx, rest)
	check("clients", err)
	indexeres.RegisterIndexers(all)
	options := &config.Options{
		Namespace:                   "harvester-system",
		Threadiness:                 workers,
		HarvesterControllerUsername: "harvester",
		GarbageCollectionUsername:   "kube-controller-manager",
	}
	validation, validated, err := validators(all, options)
	check("validation", err)
	mutation, mutated, err := mutators(all, options)
	check("mutation", err)
	check("caches", all.Start(ctx))
	check("rules", write(*rules, map[string][]admission.RuleWithOperations{
		"validation": rulesOf(validated), "mutation": rulesOf(mutated),
	}))

	routes := http.NewServeMux()
	routes.Handle("/v1/webhook/validation", validation)
	routes.Handle("/v1/webhook/mutation", mutation)
	served := &http.Server{Addr: *listen, Handler: routes}
	go func() { check("server", served.ListenAndServeTLS(*certificate, *key)) }()
	log.Print("ready")
	<-ctx.Done()
}

// Later releases want to be told besides whether the definitions of KubeOVN are there, which they are not.
func newClients(ctx context.Context, rest *rest.Config) (*clients.Clients, error) {
	makes := reflect.ValueOf(clients.New)
	with := []reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(rest), reflect.ValueOf(workers)}
	for len(with) < makes.Type().NumIn() {
		with = append(with, reflect.ValueOf(false))
	}
	made := makes.Call(with)
	err, _ := made[1].Interface().(error)
	all, _ := made[0].Interface().(*clients.Clients)
	return all, err
}

// The same that Harvester makes of its resources when it registers itself.
func rulesOf(resources []types.Resource) []admission.RuleWithOperations {
	var made []admission.RuleWithOperations
	for _, it := range resources {
		scope := it.Scope
		made = append(made, admission.RuleWithOperations{
			Operations: it.OperationTypes,
			Rule: admission.Rule{
				APIGroups: []string{it.APIGroup}, APIVersions: []string{it.APIVersion}, Resources: it.Names, Scope: &scope,
			},
		})
	}
	return made
}

func write(path string, rules map[string][]admission.RuleWithOperations) error {
	text, err := json.Marshal(rules)
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}

func check(what string, err error) {
	if err != nil {
		log.Fatal(fmt.Errorf("harvester webhook: %s: %w", what, err))
	}
}
