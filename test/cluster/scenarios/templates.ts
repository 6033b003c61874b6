/** Parts of a VM that several scenarios write, as Harvester's own pages write them. */

/** A VM's `spec`: a disk `disk-<n>` for each claim. */
export const machineSpec = (claims: readonly string[], runStrategy = 'RerunOnFailure') => ({
  runStrategy,
  template: {
    metadata: {},
    spec: {
      domain: {
        devices: { disks: claims.map((_, i) => ({ name: `disk-${i}`, disk: { bus: 'virtio' } })) },
        resources: { requests: { memory: '1Gi' } },
      },
      volumes: claims.map((claimName, i) => ({ name: `disk-${i}`, persistentVolumeClaim: { claimName } })),
    },
  },
});

/** `spec` of a disk's claim, of one GiB; without a volume the provisioner makes one. */
export const claimSpec = (storageClassName = 'harvester-longhorn', volumeName?: string) => ({
  storageClassName,
  ...(volumeName === undefined ? {} : { volumeName }),
  volumeMode: 'Block',
  accessModes: ['ReadWriteMany'],
  resources: { requests: { storage: '1Gi' } },
});
