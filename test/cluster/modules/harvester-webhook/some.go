//go:build some

package main

import (
	"net/http"
	"reflect"

	"github.com/harvester/harvester/pkg/webhook/clients"
	"github.com/harvester/harvester/pkg/webhook/config"
	"github.com/harvester/harvester/pkg/webhook/resources/virtualmachinebackup"
	"github.com/harvester/harvester/pkg/webhook/resources/virtualmachinerestore"
	"github.com/harvester/harvester/pkg/webhook/types"
	"github.com/rancher/wrangler/v3/pkg/webhook"
)

// Of later releases the package with all of them does not resolve, for others of them want
// modules that are in no public proxy. Those of VM backups and VM restores do, and are
// given here what that package gives them.

func validators(all *clients.Clients, options *config.Options) (http.Handler, []types.Resource, error) {
	harvester := all.HarvesterFactory.Harvesterhci().V1beta1()
	kubevirt := all.KubevirtFactory.Kubevirt().V1()
	return served(options, types.AdmissionTypeValidation,
		types.NewValidatorAdapter(virtualmachinebackup.NewValidator(
			kubevirt.VirtualMachine().Cache(),
			harvester.Setting().Cache(),
			harvester.VirtualMachineRestore().Cache(),
			all.CoreFactory.Core().V1().PersistentVolumeClaim().Cache(),
			all.LonghornFactory.Longhorn().V1beta2().Engine().Cache(),
			all.StorageFactory.Storage().V1().StorageClass().Cache(),
			harvester.ResourceQuota().Cache(),
			kubevirt.VirtualMachineInstanceMigration().Cache(),
		)),
		types.NewValidatorAdapter(virtualmachinerestore.NewValidator(
			all.Core.Namespace().Cache(),
			all.Core.Pod().Cache(),
			all.HarvesterCoreFactory.Core().V1().ResourceQuota().Cache(),
			kubevirt.VirtualMachine().Cache(),
			harvester.Setting().Cache(),
			harvester.VirtualMachineBackup().Cache(),
			harvester.VirtualMachineRestore().Cache(),
			harvester.ScheduleVMBackup().Cache(),
			kubevirt.VirtualMachineInstanceMigration().Cache(),
			all.SnapshotFactory.Snapshot().V1().VolumeSnapshotClass().Cache(),
			all.CNIFactory.K8s().V1().NetworkAttachmentDefinition().Cache(),
		)),
	)
}

func mutators(all *clients.Clients, options *config.Options) (http.Handler, []types.Resource, error) {
	backups := all.HarvesterFactory.Harvesterhci().V1beta1().VirtualMachineBackup().Cache()
	return served(options, types.AdmissionTypeMutation, virtualmachinebackup.NewMutator(backups))
}

func served(options *config.Options, kind string, admitters ...types.Admitter) (http.Handler, []types.Resource, error) {
	router := webhook.NewRouter()
	var resources []types.Resource
	for _, it := range admitters {
		resource := it.Resource()
		object := reflect.Indirect(reflect.ValueOf(resource.ObjectType)).Type().Name()
		router.Kind(object).Group(resource.APIGroup).Type(resource.ObjectType).Handle(types.NewAdmissionHandler(it, kind, options))
		resources = append(resources, resource)
	}
	return router, resources, nil
}
