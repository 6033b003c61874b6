// Harvester's own controllers for VM backups, VM restores, the backup target and
// the backup metadata, and nothing else of Harvester. One text for every version:
// the build takes go.mod and go.sum from the Harvester release it is asked for.
//
// It reads KUBECONFIG and says "ready" once its caches are filled.
package main

import (
	"context"
	"log"
	"os"
	"os/signal"
	"syscall"

	harvester "github.com/harvester/harvester/pkg/apis/harvesterhci.io/v1beta1"
	"github.com/harvester/harvester/pkg/config"
	"github.com/harvester/harvester/pkg/controller/master/backup"
	"github.com/harvester/harvester/pkg/settings"
	"github.com/rancher/lasso/pkg/controller"
	"github.com/rancher/wrangler/v3/pkg/generic"
	"github.com/rancher/wrangler/v3/pkg/schemes"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd"
	kubevirt "kubevirt.io/api/core/v1"
)

const workers = 2

type register func(context.Context, *config.Management, config.Options) error

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		log.Fatalf("harvester controllers: %v", err)
	}
}

func run(ctx context.Context) error {
	rest, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	rest.QPS, rest.Burst = 200, 400 // the default of 5 a second would be measured instead of Harvester

	// schemes.AddToScheme brings the core types; without them the controllers
	// get unstructured objects and panic.
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{harvester.AddToScheme, kubevirt.AddToScheme, schemes.AddToScheme} {
		if err := add(scheme); err != nil {
			return err
		}
	}
	factory, err := controller.NewSharedControllerFactoryFromConfig(rest, scheme)
	if err != nil {
		return err
	}
	ctx, scaled, err := config.SetupScaled(ctx, rest, &generic.FactoryOptions{SharedControllerFactory: factory})
	if err != nil {
		return err
	}
	management := scaled.Management
	if err := settings.SetProvider(newSettings(management.HarvesterFactory.Harvesterhci().V1beta1().Setting().Cache())); err != nil {
		return err
	}
	options := config.Options{Namespace: "harvester-system", Threadiness: workers}
	for _, add := range []register{backup.RegisterBackup, backup.RegisterRestore, backup.RegisterBackupTarget, backup.RegisterBackupMetadata} {
		if err := add(ctx, management, options); err != nil {
			return err
		}
	}
	if err := management.Start(workers); err != nil {
		return err
	}
	log.Print("ready")
	<-ctx.Done()
	return nil
}
