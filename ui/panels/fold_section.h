// A group of settings under a header line that folds it away and then shows its values.
#pragma once

#include <QAbstractButton>
#include <QWidget>

#include <functional>

namespace headroom::ui {

/// The line to click: arrow, title, values in grey at the right.
class FoldHeader final : public QAbstractButton {
    Q_OBJECT

public:
    explicit FoldHeader(const QString& title, QWidget* parent = nullptr);

    void setValues(const QString& values);
    const QString& values() const { return m_values; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent*) override;
    void keyPressEvent(QKeyEvent*) override;

private:
    QString m_values;
};

/// Header and body. The body is made when it is unfolded for the first time, so that the window starts fast.
class FoldSection final : public QWidget {
    Q_OBJECT

public:
    FoldSection(const QString& title, std::function<QWidget*()> makeBody, QWidget* parent = nullptr);

    FoldHeader& header() { return *m_header; }
    /// nullptr until it was unfolded once.
    QWidget* body() const { return m_body; }
    bool isUnfolded() const;
    void setUnfolded(bool unfolded);

private:
    void showBody(bool visible);

    FoldHeader* m_header;
    QWidget* m_body = nullptr;
    std::function<QWidget*()> m_makeBody;
};

} // namespace headroom::ui
