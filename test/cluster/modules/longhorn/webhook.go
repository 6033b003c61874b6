package main

import (
	"encoding/json"
	"net/http"
	"os"

	"github.com/longhorn/longhorn-manager/datastore"
	"github.com/longhorn/longhorn-manager/webhook/admission"
	"github.com/longhorn/longhorn-manager/webhook/server"
	registration "k8s.io/api/admissionregistration/v1"
)

// webhook serves Longhorn's own admission rules, without the part that makes a
// certificate and registers itself: the bed does both, for its API server can only
// reach loopback. The rules are written to a file, for whoever registers them.
func webhook(store *datastore.DataStore, listen, certificate, key, rules string) error {
	validation, validated, err := server.Validation(store)
	if err != nil {
		return err
	}
	mutation, mutated, err := server.Mutation(store)
	if err != nil {
		return err
	}
	text, err := json.Marshal(map[string][]registration.RuleWithOperations{
		"validation": rulesOf(validated), "mutation": rulesOf(mutated),
	})
	if err != nil {
		return err
	}
	if err := os.WriteFile(rules, text, 0o600); err != nil {
		return err
	}
	routes := http.NewServeMux()
	routes.Handle("/v1/webhook/validation", validation)
	routes.Handle("/v1/webhook/mutation", mutation)
	return (&http.Server{Addr: listen, Handler: routes}).ListenAndServeTLS(certificate, key)
}

// The same that Longhorn makes of its resources when it registers itself.
func rulesOf(resources []admission.Resource) []registration.RuleWithOperations {
	var made []registration.RuleWithOperations
	for _, it := range resources {
		scope := it.Scope
		made = append(made, registration.RuleWithOperations{
			Operations: it.OperationTypes,
			Rule: registration.Rule{
				APIGroups: []string{it.APIGroup}, APIVersions: []string{it.APIVersion}, Resources: []string{it.Name}, Scope: &scope,
			},
		})
	}
	return made
}
