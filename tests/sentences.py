"""A short sentence in every script that the fonts draw, and the family that must draw it."""

from __future__ import annotations

# Language: text, family of its letters where the style's own is Bebas Neue.
SENTENCES: dict[str, tuple[str, str]] = {
    "en": ("It was great, truly!", "Bebas Neue"),
    "el": ("Τι ωραία που είναι!", "Noto Sans"),
    "ru": ("Как же хорошо, ёлки!", "Noto Sans"),
    "vi": ("Tôi rất vui, thật đấy!", "Noto Sans"),
    "ja": ("ラーメンを食べた、美味しい！", "Noto Sans JP"),
    "zh": ("我们在这里很高兴。", "Noto Sans SC"),
    "yue": ("這裡沒有問題嗎？", "Noto Sans SC"),
    "ko": ("안녕하세요, 반갑습니다.", "Noto Sans KR"),
    "ar": ("السلام عليكم، كيف الحال؟", "Noto Sans Arabic"),
    "fa": ("می‌خواهم گچ و پژواک", "Noto Sans Arabic"),
    "ur": ("ٹھیک ہے، بہت اچھا ڑ", "Noto Sans Arabic"),
    "he": ("שָׁלוֹם עולם, מה שלומך?", "Noto Sans Hebrew"),
    "hi": ("क्षत्रिय, नमस्ते दुनिया।", "Noto Sans Devanagari"),
    "bn": ("বাংলাদেশ, আমি শিক্ষক, ভালো।", "Noto Sans Bengali"),
    "ta": ("தமிழ் ஸ்ரீ லட்சுமி கொடு", "Noto Sans Tamil"),
    "te": ("తెలుగు చాలా బాగుంది", "Noto Sans Telugu"),
    "th": ("ภาษาไทยน้ำผึ้งอร่อยที่สุด", "Noto Sans Thai"),
    "ka": ("გამარჯობა, როგორ ხარ?", "Noto Sans Georgian"),
    "hy": ("Բարև, ինչպե՞ս ես", "Noto Sans Armenian"),
    "am": ("ሰላም፣ እንዴት ነህ።", "Noto Sans Ethiopic"),
    "gu": ("ગુજરાતી ખૂબ સરસ છે", "Noto Sans Gujarati"),
    "pa": ("ਪੰਜਾਬੀ ਬਹੁਤ ਵਧੀਆ", "Noto Sans Gurmukhi"),
    "kn": ("ಕನ್ನಡ ತುಂಬಾ ಚೆನ್ನಾಗಿದೆ", "Noto Sans Kannada"),
    "ml": ("മലയാളം വളരെ നല്ലത്", "Noto Sans Malayalam"),
    "si": ("සිංහල ශ්\u200dරී ලංකා", "Noto Sans Sinhala"),
    "km": ("ភាសាខ្មែរល្អណាស់ ជើងគោ", "Noto Sans Khmer"),
    "lo": ("ພາສາລາວດີຫຼາຍ", "Noto Sans Lao"),
    "my": ("မြန်မာဘာသာ ကောင်းတယ်", "Noto Sans Myanmar"),
}
