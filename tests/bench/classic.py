"""The published StegaStamp encoder (Tancik et al., CVPR 2020) at 320x320 with 32 bits and random weights.

Only to compare speed in the same runtime: a U-Net at full resolution, 7.6 GMAC.
"""

import torch
from torch import Tensor, nn


def conv(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2), nn.ReLU())


class ClassicEncoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.secret_dense = nn.Sequential(nn.Linear(32, 3 * 40 * 40), nn.ReLU())
        self.conv1 = conv(6, 32)
        self.conv2 = conv(32, 32, stride=2)
        self.conv3 = conv(32, 64, stride=2)
        self.conv4 = conv(64, 128, stride=2)
        self.conv5 = conv(128, 256, stride=2)
        self.up6, self.conv6 = conv(256, 128), conv(256, 128)
        self.up7, self.conv7 = conv(128, 64), conv(128, 64)
        self.up8, self.conv8 = conv(64, 32), conv(64, 32)
        self.up9, self.conv9 = conv(32, 32), conv(70, 32)
        self.conv10 = conv(32, 32)
        self.residual = nn.Conv2d(32, 3, 1)
        self.enlarge = nn.Upsample(scale_factor=2)

    def forward(self, secret_bits: Tensor, image: Tensor) -> Tensor:
        secret = nn.functional.interpolate(self.secret_dense(secret_bits).view(1, 3, 40, 40), scale_factor=8)
        inputs = torch.cat([secret, image - 0.5], dim=1)
        conv1 = self.conv1(inputs)
        conv2 = self.conv2(conv1)
        conv3 = self.conv3(conv2)
        conv4 = self.conv4(conv3)
        conv5 = self.conv5(conv4)
        x = self.conv6(torch.cat([conv4, self.up6(self.enlarge(conv5))], dim=1))
        x = self.conv7(torch.cat([conv3, self.up7(self.enlarge(x))], dim=1))
        x = self.conv8(torch.cat([conv2, self.up8(self.enlarge(x))], dim=1))
        x = self.conv9(torch.cat([conv1, self.up9(self.enlarge(x)), inputs], dim=1))
        residual: Tensor = self.residual(self.conv10(x))
        return residual


def classic_graph() -> bytes:
    """The network as an ONNX file with the published names of inputs and output."""
    torch.manual_seed(1)
    inputs = (torch.zeros(1, 32), torch.zeros(1, 3, 320, 320))
    program = torch.onnx.export(
        ClassicEncoder().eval(),
        inputs,
        input_names=["secret_bits", "image"],
        output_names=["residual"],
        opset_version=18,
        dynamo=True,
        verbose=False,
    )
    assert program is not None
    return program.model_proto.SerializeToString()
