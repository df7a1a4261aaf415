#include "calls/requests.h"

#include <asm/ioctls.h>
#include <linux/blkzoned.h>
#include <linux/cdrom.h>
#include <linux/dm-ioctl.h>
#include <linux/dma-buf.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <linux/fsverity.h>
#include <linux/hidraw.h>
#include <linux/i2c-dev.h>
#include <linux/loop.h>
#include <linux/mmc/ioctl.h>
#include <linux/nbd.h>
#include <linux/nvme_ioctl.h>
#include <linux/spi/spidev.h>
#include <linux/usbdevice_fs.h>
#include <linux/videodev2.h>
#include <scsi/sg.h>
#include <sound/asound.h>
#include <sys/ioctl.h>
#include <sys/mtio.h>
#include <sys/soundcard.h>

#include <algorithm>

namespace greenify::calls {
namespace {

// asm-generic/ioctl.h: the size of the argument says nothing about what is asked for, and some
// requests come in every size (SPI_IOC_MESSAGE(n), HIDIOCGFEATURE(n)).
constexpr unsigned long without_size(unsigned long request) {
  return request & ~static_cast<unsigned long>(IOCSIZE_MASK);
}

// asm/termbits.h cannot be included beside the others; the headers of BlueZ and of libdrm may not
// be there.
constexpr unsigned long kTcsetsw2 = _IOC(_IOC_WRITE, 'T', 0x2C, 0);
constexpr unsigned long kTcsetsf2 = _IOC(_IOC_WRITE, 'T', 0x2D, 0);
constexpr unsigned long kHciDevUp = _IOC(_IOC_WRITE, 'H', 201, 0);
constexpr unsigned long kHciDevDown = _IOC(_IOC_WRITE, 'H', 202, 0);
constexpr unsigned long kHciDevReset = _IOC(_IOC_WRITE, 'H', 203, 0);
constexpr unsigned long kHciInquiry = _IOC(_IOC_READ, 'H', 240, 0);
constexpr unsigned long kDrmWaitVblank = _IOC(_IOC_READ | _IOC_WRITE, 'd', 0x3A, 0);
constexpr unsigned long kDrmSyncobjWait = _IOC(_IOC_READ | _IOC_WRITE, 'd', 0xC3, 0);
constexpr unsigned long kDrmSyncobjTimelineWait = _IOC(_IOC_READ | _IOC_WRITE, 'd', 0xCA, 0);

// clang-format off
constexpr unsigned long kWaiting[] = {
    // ioctl_tty(2): until the output has been sent, or a break, or a modem line has changed; the line
    // discipline and the hang-up wait for those who read and write.
    TCSBRK, TCSBRKP, TCSETSW, TCSETSF, TCSETAW, TCSETAF, kTcsetsw2, kTcsetsf2, TCXONC,
    TIOCMIWAIT, TIOCSETD, TIOCVHANGUP,
    // Block devices: what is cached is written, what lies there is erased, a command is carried out.
    BLKFLSBUF, BLKRRPART, BLKDISCARD, BLKSECDISCARD, BLKZEROOUT, BLKREPORTZONE, BLKRESETZONE,
    BLKOPENZONE, BLKCLOSEZONE, BLKFINISHZONE,
    SG_IO, NVME_IOCTL_SUBMIT_IO, NVME_IOCTL_ADMIN_CMD, NVME_IOCTL_IO_CMD, NVME_IOCTL_ADMIN64_CMD,
    NVME_IOCTL_IO64_CMD, NVME_IOCTL_RESET, NVME_IOCTL_SUBSYS_RESET, NVME_IOCTL_RESCAN,
    MMC_IOC_CMD, MMC_IOC_MULTI_CMD,
    LOOP_SET_FD, LOOP_CLR_FD, LOOP_CHANGE_FD, LOOP_CONFIGURE, NBD_DO_IT, NBD_CLEAR_SOCK,
    DM_DEV_SUSPEND, DM_DEV_WAIT, DM_DEV_REMOVE, DM_TABLE_LOAD,
    // File systems: all of it is written, or all of a file read. ioctl_ficlone(2) and kin are below.
    FIFREEZE, FITHAW, FITRIM, FS_IOC_FIEMAP, FIBMAP, FS_IOC_ENABLE_VERITY,
    // Discs and tapes: motors.
    CDROMEJECT, CDROMCLOSETRAY, CDROMSTART, CDROMSTOP, CDROMPAUSE, CDROMRESUME, CDROMSEEK,
    CDROMPLAYMSF, CDROMPLAYTRKIND, CDROMREADTOCHDR, CDROMREADTOCENTRY, CDROMSUBCHNL, CDROMREADMODE1,
    CDROMREADMODE2, CDROMREADRAW, CDROMREADAUDIO, CDROMREADCOOKED, CDROMREADALL, CDROMMULTISESSION,
    CDROM_GET_MCN, CDROM_DRIVE_STATUS, CDROM_DISC_STATUS, CDROM_MEDIA_CHANGED, CDROM_SELECT_SPEED,
    CDROM_LOCKDOOR, CDROM_SEND_PACKET, CDROM_NEXT_WRITABLE, CDROM_LAST_WRITTEN, CDROMRESET,
    DVD_READ_STRUCT, DVD_AUTH,
    MTIOCTOP, MTIOCGET, MTIOCPOS,
    // Sound: until it has been played, or there is room for more of it.
    SNDRV_PCM_IOCTL_DRAIN, SNDRV_PCM_IOCTL_WRITEI_FRAMES, SNDRV_PCM_IOCTL_READI_FRAMES,
    SNDRV_PCM_IOCTL_WRITEN_FRAMES, SNDRV_PCM_IOCTL_READN_FRAMES, SNDRV_RAWMIDI_IOCTL_DRAIN,
    SNDCTL_DSP_SYNC, SNDCTL_SEQ_SYNC,
    // Pictures: until there is one, or the graphics processor is done.
    VIDIOC_DQBUF, VIDIOC_DQEVENT, VIDIOC_STREAMOFF,
    kDrmWaitVblank, kDrmSyncobjWait, kDrmSyncobjTimelineWait, DMA_BUF_IOCTL_SYNC,
    // Buses: until the transfer is over, with a time-out of seconds.
    USBDEVFS_CONTROL, USBDEVFS_BULK, USBDEVFS_REAPURB, USBDEVFS_RESET, USBDEVFS_CLEAR_HALT,
    USBDEVFS_RESETEP, USBDEVFS_SETINTERFACE, USBDEVFS_SETCONFIGURATION,
    HIDIOCSFEATURE(0), HIDIOCGFEATURE(0), I2C_RDWR, I2C_SMBUS, SPI_IOC_MESSAGE(0),
    kHciInquiry, kHciDevUp, kHciDevDown, kHciDevReset,
};
// clang-format on

// linux/btrfs.h: balancing, scrubbing, syncing; and what began there and is everybody's now,
// FICLONE, FICLONERANGE and FIDEDUPERANGE.
constexpr unsigned kBtrfs = 0x94;

}  // namespace

bool is_waiting_request(unsigned long request) {
  if (_IOC_TYPE(request) == kBtrfs) return true;
  const unsigned long wanted = without_size(request);
  return std::ranges::any_of(kWaiting,
                             [=](unsigned long known) { return without_size(known) == wanted; });
}

}  // namespace greenify::calls
