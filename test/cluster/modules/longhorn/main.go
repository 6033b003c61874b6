// Longhorn's own manager API, CSI controller and admission webhook. No node server, engines,
// replicas or controllers: what they would do to the objects is played by the
// data-plane double. One text for every version: the build takes go.mod and
// go.sum from the Longhorn release it is asked for.
//
// It reads KUBECONFIG, POD_NAMESPACE and NODE_NAME and says "ready" once it serves CSI.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/longhorn/longhorn-manager/api"
	rancher "github.com/longhorn/longhorn-manager/client"
	"github.com/longhorn/longhorn-manager/controller"
	"github.com/longhorn/longhorn-manager/csi"
	"github.com/longhorn/longhorn-manager/datastore"
	"github.com/longhorn/longhorn-manager/manager"
	"github.com/longhorn/longhorn-manager/util"
	"github.com/longhorn/longhorn-manager/util/client"
	"github.com/sirupsen/logrus"
)

const driver = "driver.longhorn.io"

func main() {
	node := flag.String("node", "node-1", "the Longhorn node this manager says it runs on")
	listen := flag.String("listen", "127.0.0.1:9500", "address of the manager API")
	socket := flag.String("socket", "", "path of the CSI socket")
	admission := flag.String("webhook", "", "address of the admission webhook; empty: none")
	certificate := flag.String("certificate", "", "path of the webhook's certificate")
	key := flag.String("key", "", "path of the certificate's key")
	rules := flag.String("rules", "", "where the webhook's rules are written")
	flag.Parse()
	store, err := run(*node, *listen, *socket)
	if err != nil {
		log.Fatalf("longhorn: %v", err)
	}
	if *admission != "" {
		go func() { log.Fatal(webhook(store, *admission, *certificate, *key, *rules)) }()
	}
	log.Print("ready")
	stopped := make(chan os.Signal, 1)
	signal.Notify(stopped, syscall.SIGINT, syscall.SIGTERM)
	<-stopped
}

func run(node, listen, socket string) (*datastore.DataStore, error) {
	clients, err := client.NewClients(os.Getenv("KUBECONFIG"), true, make(chan struct{}))
	if err != nil {
		return nil, fmt.Errorf("clients: %w", err)
	}
	// The router asks the websocket controller for its handlers, so it cannot be nil.
	sockets, err := controller.NewWebsocketController(logrus.StandardLogger(), clients.Datastore)
	if err != nil {
		return nil, fmt.Errorf("websocket controller: %w", err)
	}
	volumes := manager.NewVolumeManager(node, clients.Datastore, util.NewAtomicCounter())

	// Listen before the CSI controller's client is made: it reads the API schema at once.
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, err
	}
	go func() { log.Fatal(http.Serve(listener, api.NewRouter(api.NewServer(volumes, sockets)))) }()

	connection, err := connect("http://" + listen + "/v1")
	if err != nil {
		return nil, fmt.Errorf("manager API: %w", err)
	}
	csi.NewNonBlockingGRPCServer().Start("unix://"+socket,
		csi.NewIdentityServer(driver, "bed"), csi.NewControllerServer(connection, node), nil)
	for attempt := 0; attempt < 100; attempt++ {
		if _, err := os.Stat(socket); err == nil {
			return clients.Datastore, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return nil, fmt.Errorf("no CSI socket at %s", socket)
}

func connect(url string) (*rancher.RancherClient, error) {
	var err error
	for attempt := 0; attempt < 50; attempt++ {
		var found *rancher.RancherClient
		if found, err = rancher.NewRancherClient(&rancher.ClientOpts{Url: url}); err == nil {
			return found, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return nil, err
}
