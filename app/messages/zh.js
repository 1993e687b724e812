/** What the page says in Simplified Chinese. */

/** @import { Messages } from "../language.js" */

/** @type {Messages} */
export const zh = {
  // The shell
  tagline: "给图片加上看不见的标记。图片不会离开此浏览器。",
  skip: "跳到当前页面",
  screens: "页面",
  language: "语言",
  screenNames: {
    mark: "标记",
    read: "读取",
    lab: "尝试破坏",
    overlay: "网页叠加层",
    register: "登记簿",
    settings: "设置",
  },
  screenShortNames: {
    mark: "标记",
    read: "读取",
    lab: "破坏",
    overlay: "叠加层",
    register: "登记簿",
    settings: "设置",
  },
  title: (screen) => `${screen} – Hushmark`,
  unsupported: (missing) =>
    `此浏览器缺少 ${missing}，Hushmark 无法运行。请使用近两年内的 Chrome、Edge、Firefox 或 Safari 浏览器。`,

  // The engine
  engineStarting: "正在启动 Python…",
  engineLoading: (loaded, total) => `正在加载引擎：${loaded}，共 ${total}。现在选择的图片会排队等候。`,
  engineProvider: (provider, threads) =>
    provider === "webgpu" ? "执行提供程序 WebGPU" : `执行提供程序 wasm（${threads} 个线程）`,
  engineLoaded: (size) => `已加载 ${size}`,
  weightsFrom: {
    network: "权重来自网络，已保存供下次使用",
    storage: "权重来自此浏览器的存储",
    memory: "权重来自网络，仅在内存中",
  },
  offline: "没有网络：已加载的部分可以继续使用。",
  tryAgain: "重试",
  notes: {
    "webgpu-missing": () => "此处没有 WebGPU；使用 wasm。",
    "webgpu-failed": (detail) => `无法使用 WebGPU（${detail}）；改用 wasm。`,
    "webgpu-wrong": (detail) => `WebGPU 在这里的计算结果有误（相对误差 ${detail}）；改用 wasm。`,
    "storage-full": () => "此浏览器没有保存权重（没有剩余存储空间）；下次将重新加载。",
    "storage-failed": (detail) => `此浏览器没有保存权重（${detail}）；下次将重新加载。`,
  },

  // Errors of the engine, by code
  errors: {
    cancelled: () => "已取消。",
    "site-incomplete": (key) => `此 Hushmark 副本不完整：缺少 ${key}。请重新加载页面。`,
    "download-failed": (url) => `无法加载 ${url.slice(url.lastIndexOf("/") + 1)}。请检查网络连接后重试。`,
    "download-damaged": (url) =>
      `${url.slice(url.lastIndexOf("/") + 1)} 两次下载后均已损坏。请重新加载页面，或稍后再试。`,
    "file-unreadable": (name) => `无法读取 ${name}。如果文件已被移动或更改，请重新选择。`,
    "engine-start": (detail) => `引擎无法启动（${detail}）。请重试，或重新加载页面。`,
    "engine-stopped": (detail) =>
      `引擎在处理这张图片时停止（${detail}），现已重新启动。如果再次发生，请换一张较小的图片。`,
  },

  // Pictures, payloads and jobs
  pictures: (count) => `${count} 张图片`,
  choosePicture: "选择图片",
  choosePictures: "选择图片",
  dropHint: "或拖放、粘贴到此处：JPEG、PNG 或 WebP",
  chosenHint: (size) => `${size}。可以选择、拖放或粘贴另一张。`,
  choosePictureFirst: "请先选择图片。",
  waiting: "正在等待引擎…",
  progress: "进度",
  cancel: "取消",
  phases: {
    open: "正在打开图片",
    prepare: "正在为网络缩放图片",
    forward: "正在运行网络",
    refine: "正在加固标记",
    apply: "正在加入标记",
    save: "正在保存",
    check: "正在回读",
    search: "正在查找标记",
  },
  quoted: (text) => `“${text}”`,
  chance: (outOf) => `约 ${outOf} 分之一`,
  chanceTiny: "不到十亿分之一",
  and: (a, b) => `${a}、${b}`,
  sentences: (sentences) => sentences.join(""),
  list: (parts) => parts.join("，"),

  // Mark
  markLead: "在图片中隐藏四个字符或一个编号。肉眼看不见，Hushmark 可以读出来。",
  payload: "载荷",
  kinds: { text: "文本", hex: "十六进制编号", random: "随机编号" },
  kindHints: {
    text: "1 到 4 个字符（一个汉字占 3 个）",
    hex: "8 位十六进制数字",
    random: "标记图片时随机生成新的编号。",
  },
  strength: "强度",
  stronger: "更强",
  fainter: "更淡",
  strengths: [
    [43, "非常淡：适合几乎不会再改动的图片"],
    [40, "淡"],
    [37, "均衡"],
    [35, "强：更耐改动，平滑区域可能看得出"],
    [0, "非常强：平滑区域看得出"],
  ],
  strengthWords: (db, words) => `${db} dB，${words}`,
  markPicture: "标记图片",
  markedWith: (payload, time) => `已用 ${payload} 标记，用时 ${time}。`,
  markedPicture: "标记后的图片",
  originalPicture: "原图",
  differencePicture: "两者之差，放大 16 倍，灰底",
  marked: "标记后",
  original: "原图",
  difference: "差异，16 倍",
  readBack: "回读",
  readBackAs: (payload, sureness) => `${payload}，每一位的把握至少 ${sureness}`,
  notReadable: "无法读出：请选择更大的强度",
  psnr: "PSNR",
  decibels: (number) => `${number} dB`,
  picture: "图片",
  pixels: (width, height) => `${width} × ${height}`,
  file: "文件",
  fileSizes: (before, after) => `${before}，标记后 ${after}`,
  time: "用时",
  download: (name) => `下载 ${name}`,

  // The other screens
  labLead: "不断改动标记过的图片，看看标记能承受多少。",
  overlayLead: "制作一块给网页加标记的透明贴图，网页截图可以被读出。",
  registerLead: "在此设备上标记过的内容，不会离开此设备。",
  settingsLead: "Hushmark 如何计算，以及在此设备上保存什么。",

  // A new version
  updateWaiting: "新版本已就绪。加载前请先保存结果。",
  updateReplaced: "另一个标签页已启用新版本。请保存结果，然后在这里也加载它。",
  updateHeld: "正在处理图片。处理完成后即可加载新版本。",
  updateLoad: "加载",
  updateLater: "以后再说",

  // Settings
  computing: "计算",
  provider: "执行提供程序",
  providers: { auto: "自动", webgpu: "WebGPU", wasm: "wasm" },
  threads: "wasm 线程数",
  threadsAuto: "自动",
  oneThread: "此处 wasm 只有一个线程。如果是第一次打开此页面，请再加载一次。",
  selfTestPassed: (error) => `自检确认 WebGPU 结果正确：与 wasm 的相对误差为 ${error}。`,
  selfTestFailed: (error) => `自检发现 WebGPU 结果错误：与 wasm 的相对误差为 ${error}。`,
  selfTestNone: "未使用 WebGPU，因此没有自检。",
  offlineUse: "离线使用",
  offlineReady: "Hushmark 可以在此设备上离线使用。",
  offlineWait: "引擎仍在加载。",
  offlineImpossible: "此浏览器窗口不能保存网站供离线使用。",
  offlineNoRoom: "此设备上空间不足。",
  offlineFailed: "无法加载。请检查网络连接后重试。",
  offlineMake: (size) => `供离线使用（${size}）`,
  storage: "浏览器保存的内容",
  stored: {
    shell: "页面",
    runtime: "Python 和 onnxruntime",
    weights: "权重",
    register: "登记册",
    preferences: "设置",
  },
  storedInAll: (size) => `据浏览器估计，约占用磁盘 ${size}。`,
  storedNothing: "没有内容。",
  remove: "删除",
  removePart: (part) => `删除：${part}`,
  removeSure: (part) => `从此设备删除“${part}”？`,

  // Read
  readLead: "拖入图片或截图。结果会说明其中隐藏了什么，以及有多大把握。",
  notFound: "未发现水印",
  readId: (hex) => `编号 ${hex}。`,
  readFound: (chance, signal, threshold) =>
    `未标记的图片得到这样结果的概率为 ${chance}（信号 ${signal}；达到 ${threshold} 即视为发现水印）。`,
  readNotFound: (signal, tried, threshold) =>
    `在 ${tried} 个位置中最强的信号为 ${signal}；达到 ${threshold} 才视为发现水印。`,
  bitsCaption: (count, weakest) => `${count} 位中每一位的把握；最弱 ${weakest}。`,
  readDone: (name, answer, time) => `${name}：${answer}（${time}）。`,
  mirrored: "镜像",
  turned: (degrees) => `旋转 ${degrees} 度`,
  tilted: "倾斜",
  placeCropped: (how) => `这是标记图片的一部分${how && `，${how}`}。`,
  placePart: (how) => `标记图片是这张图片的一部分${how && `，${how}`}。`,
  placeWhole: (how) => `在整张图片中读出${how && `，${how}`}。`,
};
