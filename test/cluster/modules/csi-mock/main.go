// Storage that is not Longhorn's: the mock driver of Kubernetes' own end-to-end
// tests, which keeps volumes and snapshots in memory and makes volumes out of
// snapshots. What the driver says of itself, and does, is chosen by flags.
//
// It says "ready" once it serves CSI.
package main

import (
	"context"
	"flag"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"k8s.io/kubernetes/test/e2e/storage/drivers/csi-test/mock/service"
)

func main() {
	name := flag.String("name", "mock.csi.example.com", "what the driver is called")
	socket := flag.String("socket", "", "path of the CSI socket")
	snapshots := flag.String("snapshots", "yes", "yes; no: it does not say that it can, and refuses; lies: it says that it can, and refuses")
	modes := flag.String("modes", "both", "of which mode its volumes may be: both, Block or Filesystem")
	flag.Parse()
	listener, err := net.Listen("unix", *socket)
	if err != nil {
		log.Fatalf("csi-mock: %v", err)
	}
	mock := service.New(service.Config{DriverName: *name, DisableAttach: true, PermissiveTargetPath: true})
	server := grpc.NewServer()
	csi.RegisterIdentityServer(server, mock)
	csi.RegisterNodeServer(server, mock)
	csi.RegisterControllerServer(server, &controller{ControllerServer: mock, snapshots: *snapshots, modes: *modes})
	go func() { log.Fatal(server.Serve(listener)) }()
	log.Print("ready")
	stopped := make(chan os.Signal, 1)
	signal.Notify(stopped, syscall.SIGINT, syscall.SIGTERM)
	<-stopped
	server.Stop()
}

// The mock, without what it is not to be able to do.
type controller struct {
	csi.ControllerServer
	snapshots string
	modes     string
}

// Of the mock's own list three are left out: each needs a call that it does not
// implement for volumes made by a provisioner, or a sidecar that does not run here.
var notOffered = map[csi.ControllerServiceCapability_RPC_Type]bool{
	csi.ControllerServiceCapability_RPC_MODIFY_VOLUME:    true,
	csi.ControllerServiceCapability_RPC_VOLUME_CONDITION: true,
	csi.ControllerServiceCapability_RPC_GET_VOLUME:       true,
}

func (c *controller) ControllerGetCapabilities(ctx context.Context, request *csi.ControllerGetCapabilitiesRequest) (*csi.ControllerGetCapabilitiesResponse, error) {
	response, err := c.ControllerServer.ControllerGetCapabilities(ctx, request)
	if err != nil {
		return nil, err
	}
	kept := []*csi.ControllerServiceCapability{}
	for _, capability := range response.GetCapabilities() {
		kind := capability.GetRpc().GetType()
		isSnapshot := kind == csi.ControllerServiceCapability_RPC_CREATE_DELETE_SNAPSHOT || kind == csi.ControllerServiceCapability_RPC_LIST_SNAPSHOTS
		if notOffered[kind] || (isSnapshot && c.snapshots == "no") {
			continue
		}
		kept = append(kept, capability)
	}
	return &csi.ControllerGetCapabilitiesResponse{Capabilities: kept}, nil
}

func (c *controller) CreateSnapshot(ctx context.Context, request *csi.CreateSnapshotRequest) (*csi.CreateSnapshotResponse, error) {
	if c.snapshots != "yes" {
		return nil, status.Error(codes.Unimplemented, "this storage takes no snapshots")
	}
	log.Printf("snapshot %s of %s", request.GetName(), request.GetSourceVolumeId())
	return c.ControllerServer.CreateSnapshot(ctx, request)
}

func (c *controller) DeleteSnapshot(ctx context.Context, request *csi.DeleteSnapshotRequest) (*csi.DeleteSnapshotResponse, error) {
	log.Printf("deletes snapshot %s", request.GetSnapshotId())
	return c.ControllerServer.DeleteSnapshot(ctx, request)
}

func (c *controller) CreateVolume(ctx context.Context, request *csi.CreateVolumeRequest) (*csi.CreateVolumeResponse, error) {
	mode := "Filesystem"
	for _, capability := range request.GetVolumeCapabilities() {
		if capability.GetBlock() != nil {
			mode = "Block"
		}
	}
	log.Printf("volume %s as %s from %v", request.GetName(), mode, request.GetVolumeContentSource())
	if c.modes != "both" && c.modes != mode {
		return nil, status.Errorf(codes.InvalidArgument, "volumes of mode %s are not supported", mode)
	}
	return c.ControllerServer.CreateVolume(ctx, request)
}

func (c *controller) DeleteVolume(ctx context.Context, request *csi.DeleteVolumeRequest) (*csi.DeleteVolumeResponse, error) {
	log.Printf("deletes volume %s", request.GetVolumeId())
	return c.ControllerServer.DeleteVolume(ctx, request)
}
