//go:build !some

package main

import (
	"net/http"

	"github.com/harvester/harvester/pkg/webhook/clients"
	"github.com/harvester/harvester/pkg/webhook/config"
	"github.com/harvester/harvester/pkg/webhook/server"
	"github.com/harvester/harvester/pkg/webhook/types"
)

// Everything that the release has.

func validators(all *clients.Clients, options *config.Options) (http.Handler, []types.Resource, error) {
	return server.Validation(all, options)
}

func mutators(all *clients.Clients, options *config.Options) (http.Handler, []types.Resource, error) {
	return server.Mutation(all, options)
}
