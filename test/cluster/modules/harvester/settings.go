package main

import (
	generated "github.com/harvester/harvester/pkg/generated/controllers/harvesterhci.io/v1beta1"
	"github.com/harvester/harvester/pkg/settings"
)

// clusterSettings answers from the Setting objects of the cluster, else from the
// defaults compiled into Harvester. Harvester's own provider would also write the
// defaults into the cluster, but it lives in a package whose dependencies do not
// resolve for every version.
type clusterSettings struct {
	cache    generated.SettingCache
	defaults map[string]string
}

func newSettings(cache generated.SettingCache) *clusterSettings {
	return &clusterSettings{cache: cache, defaults: map[string]string{}}
}

func (s *clusterSettings) Get(name string) string {
	found, err := s.cache.Get(name)
	switch {
	case err != nil:
		return s.defaults[name]
	case found.Value != "":
		return found.Value
	case found.Default != "":
		return found.Default
	default:
		return s.defaults[name]
	}
}

func (s *clusterSettings) SetAll(all map[string]settings.Setting) error {
	for name, setting := range all {
		s.defaults[name] = setting.Default
	}
	return nil
}

func (s *clusterSettings) Set(string, string) error        { return nil }
func (s *clusterSettings) SetIfUnset(string, string) error { return nil }
